"""The page of ``luke-qa ui``: paste a text, ask, and see the answers highlighted in it.

Each arrow is one module. Requests pass ``gate`` first. Only ``page`` and ``server`` need Gradio (the extra ``ui``).

    pasted text, files --documents--> Documents --asking--> Session --highlight, views--> HTML --page--> browser
    browser --asking--> Verdict --feedback--> a file of corrected questions
"""
