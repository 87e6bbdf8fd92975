"""transformers' question-answering pipeline behind FastAPI.

It needs a fast tokenizer, and LUKE for Japanese has none. XLM-R's, converted from the same sentencepiece model, gives
nearly the same ids.
"""

import os
from collections.abc import Callable

import torch
from setting import SETTING
from transformers import LukeForQuestionAnswering, XLMRobertaTokenizerFast, pipeline
from web import make_app, run


def load() -> Callable[[str, str], str]:
    torch.set_num_threads(SETTING.threads)
    tokenizer = XLMRobertaTokenizerFast(
        vocab_file=os.path.join(SETTING.checkpoint, "sentencepiece.bpe.model"), model_max_length=512
    )
    model = LukeForQuestionAnswering.from_pretrained(SETTING.checkpoint, dtype=torch.float32)
    answer = pipeline("question-answering", model=model, tokenizer=tokenizer, device="cpu")
    # Japanese has no spaces: aligned to words, an answer would be the whole sentence, as the pipeline's docs warn.
    options = {"max_seq_len": 512, "max_answer_len": 30, "align_to_words": False}
    return lambda question, context: answer(question=question, context=context, **options)["answer"]


app = make_app(load)

if __name__ == "__main__":
    run()
