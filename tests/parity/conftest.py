from pathlib import Path
from typing import Any

import pytest
import transformers


@pytest.fixture(scope="session")
def reference_model(checkpoint: Path) -> Any:
    """transformers' own model of the tiny checkpoint."""
    return transformers.LukeForQuestionAnswering.from_pretrained(checkpoint).eval()


@pytest.fixture(scope="session")
def reference_tokenizer(checkpoint: Path) -> Any:
    """transformers' own tokenizer of the tiny checkpoint."""
    return transformers.MLukeTokenizer.from_pretrained(checkpoint)
