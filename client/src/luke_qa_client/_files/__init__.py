"""Texts from files: PDF, Word, HTML, Markdown and plain text, with the page or heading of each part."""
