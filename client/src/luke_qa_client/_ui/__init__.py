"""The page of ``luke-qa ui``: paste a text, ask, see where the answers stand.

From what is typed to what is seen, one module an arrow, behind the `gate` that requests pass;
only `page` and `server` need Gradio (the extra ``ui``):

    pasted text, files --documents--> Documents --asking--> Session --highlight, views--> HTML --page--> browser
"""
