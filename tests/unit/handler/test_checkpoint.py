import json
import pickle
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sentencepiece
import torch

from luke_qa.checkpoint import CheckpointError, load_weights, open_checkpoint
from luke_qa.choices import EndLabel
from luke_qa.confidence import Thresholds
from luke_qa.place import PlattScaling
from tests.support.checkpoints import TINY, TINY_MAX_TOKENS, edit_config, edit_weights, use_pickle

CONFIG, TOKENIZER, SAFETENSORS, PICKLE = (
    "config.json",
    "sentencepiece.bpe.model",
    "model.safetensors",
    "pytorch_model.bin",
)


def truncate(file: Path, share: float = 0.5) -> None:
    content = file.read_bytes()
    file.write_bytes(content[: int(len(content) * share)])


def test_a_checkpoint_as_transformers_saves_it_is_read(checkpoint: Path) -> None:
    opened = open_checkpoint(checkpoint)
    assert opened.config.hidden_size == TINY["hidden_size"]
    assert opened.config.max_tokens == TINY_MAX_TOKENS
    assert opened.require_end_label() is EndLabel.EXCLUSIVE
    assert opened.fitted.temperature == 1.0
    assert opened.tokenizer_file == checkpoint / TOKENIZER
    assert opened.weights_file == checkpoint / SAFETENSORS


def test_safetensors_are_preferred_to_a_pickle(own_checkpoint: Path) -> None:
    (own_checkpoint / PICKLE).write_bytes(b"never read")
    assert load_weights(open_checkpoint(own_checkpoint))


def test_a_pickle_alone_holds_the_same_weights(own_checkpoint: Path) -> None:
    expected = load_weights(open_checkpoint(own_checkpoint))
    use_pickle(own_checkpoint)
    weights = load_weights(open_checkpoint(own_checkpoint))
    assert weights.keys() == expected.keys()
    assert all(torch.equal(weights[name], expected[name]) for name in expected)


def test_only_what_a_word_only_forward_needs_is_loaded(checkpoint: Path) -> None:
    names = load_weights(open_checkpoint(checkpoint))
    assert not [name for name in names if "entity" in name or any(part in name for part in ("w2e", "e2w", "e2e"))]


@pytest.mark.parametrize("label", ["exclusive", "inclusive"])
def test_the_end_label_is_a_property_of_the_checkpoint(own_checkpoint: Path, label: str) -> None:
    edit_config(own_checkpoint, luke_qa={"end_label": label, "temperature": 1.5})
    opened = open_checkpoint(own_checkpoint)
    assert opened.require_end_label() == label
    assert opened.fitted.temperature == 1.5


def test_an_undeclared_end_label_fails_with_a_sentence_that_says_what_to_do(own_checkpoint: Path) -> None:
    edit_config(own_checkpoint, remove="luke_qa")
    opened = open_checkpoint(own_checkpoint)
    assert opened.end_label is None
    with pytest.raises(CheckpointError) as caught:
        opened.require_end_label()
    assert CONFIG in str(caught.value)
    assert '"exclusive"' in str(caught.value)
    assert "END_LABEL=" in str(caught.value)


Damage = Callable[[Path], object]


def remove(name: str) -> Damage:
    return lambda path: (path / name).unlink()


def configure(**fields: Any) -> Damage:
    return lambda path: edit_config(path, **fields)


def write(name: str, content: bytes) -> Damage:
    return lambda path: (path / name).write_bytes(content)


def drop_field(name: str) -> Damage:
    return lambda path: edit_config(path, remove=name)


def other_vocabulary(path: Path) -> None:
    """A sound sentencepiece model of another size."""
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(["苺を売る店があります"] * 20),
        model_prefix=str(path / "other"),
        vocab_size=15,
        minloglevel=2,
    )
    shutil.move(path / "other.model", path / TOKENIZER)


UNREADABLE: dict[str, tuple[Damage, str]] = {
    "no config": (remove(CONFIG), CONFIG),
    "no tokenizer": (remove(TOKENIZER), TOKENIZER),
    "no weights": (remove(SAFETENSORS), SAFETENSORS),
    "config is not JSON": (write(CONFIG, b"{"), CONFIG),
    "config is empty": (write(CONFIG, b""), CONFIG),
    "config is not UTF-8": (write(CONFIG, b'{"model_type": "\xff"}'), CONFIG),
    "config is a list": (write(CONFIG, b"[]"), CONFIG),
    "another model type": (configure(model_type="bert"), CONFIG),
    "no model type": (drop_field("model_type"), CONFIG),
    "another activation": (configure(hidden_act="relu"), CONFIG),
    "another padding id": (configure(pad_token_id=0), CONFIG),
    "no hidden size": (drop_field("hidden_size"), CONFIG),
    "hidden size is text": (configure(hidden_size="32"), CONFIG),
    "layers are a boolean": (configure(num_hidden_layers=True), CONFIG),
    "negative vocabulary": (configure(vocab_size=-1), CONFIG),
    "heads do not divide": (configure(num_attention_heads=5), CONFIG),
    "epsilon is zero": (configure(layer_norm_eps=0.0), CONFIG),
    "no room for a question": (configure(max_position_embeddings=2), CONFIG),
    "metadata is text": (configure(luke_qa="exclusive"), CONFIG),
    "unheard-of end label": (configure(luke_qa={"end_label": "open"}), CONFIG),
    "end label is a list": (configure(luke_qa={"end_label": ["exclusive"]}), CONFIG),
    "temperature is zero": (configure(luke_qa={"end_label": "exclusive", "temperature": 0}), CONFIG),
    "temperature is text": (configure(luke_qa={"end_label": "exclusive", "temperature": "1"}), CONFIG),
    "wrong vocabulary size": (configure(vocab_size=2000), TOKENIZER),
    "another tokenizer": (other_vocabulary, TOKENIZER),
    "empty tokenizer": (write(TOKENIZER, b""), TOKENIZER),
    "tokenizer is something else": (write(TOKENIZER, b"not a model at all"), TOKENIZER),
    "half a tokenizer": (lambda path: truncate(path / TOKENIZER), TOKENIZER),
}


@pytest.mark.parametrize("defect", UNREADABLE)
def test_a_defect_of_the_layout_is_one_sentence_naming_the_file(own_checkpoint: Path, defect: str) -> None:
    damage, file = UNREADABLE[defect]
    damage(own_checkpoint)
    with pytest.raises(CheckpointError) as caught:
        open_checkpoint(own_checkpoint)
    assert_is_one_sentence(str(caught.value), file)


def assert_is_one_sentence(message: str, file: str) -> None:
    assert file in message
    assert message.endswith(".")
    assert "\n" not in message
    assert len(message) < 600


def test_something_that_is_not_a_directory_is_no_checkpoint(tmp_path: Path) -> None:
    for path in (tmp_path / "nowhere", Path(__file__)):
        with pytest.raises(CheckpointError, match=r"is not a checkpoint directory\."):
            open_checkpoint(path)


@pytest.mark.parametrize("share", [0, 0.001, 0.01, 0.5, 0.99])
def test_truncated_safetensors_are_one_sentence_naming_the_file(own_checkpoint: Path, share: float) -> None:
    truncate(own_checkpoint / SAFETENSORS, share)
    with pytest.raises(CheckpointError) as caught:
        load_weights(open_checkpoint(own_checkpoint))
    assert_is_one_sentence(str(caught.value), SAFETENSORS)


@pytest.mark.parametrize("share", [0, 0.01, 0.5, 0.99])
def test_a_truncated_pickle_is_one_sentence_naming_the_file(own_checkpoint: Path, share: float) -> None:
    use_pickle(own_checkpoint)
    truncate(own_checkpoint / PICKLE, share)
    with pytest.raises(CheckpointError) as caught:
        load_weights(open_checkpoint(own_checkpoint))
    assert_is_one_sentence(str(caught.value), PICKLE)


@pytest.mark.parametrize("share", [0.05, 0.2, 0.4, 0.6, 0.8, 0.9, 0.95, 0.99, 0.999])
def test_a_tokenizer_truncated_anywhere_is_noticed(own_checkpoint: Path, share: float) -> None:
    truncate(own_checkpoint / TOKENIZER, share)
    with pytest.raises(CheckpointError, match=TOKENIZER):
        open_checkpoint(own_checkpoint)


class Trap:
    """Pickled, it would create a file when it is loaded."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self) -> tuple[Any, ...]:
        return open, (str(self.file), "w")


@pytest.mark.parametrize("save", [torch.save, lambda value, file: file.write_bytes(pickle.dumps(value))])
def test_a_pickle_cannot_run_code(own_checkpoint: Path, save: Callable[[Any, Path], object]) -> None:
    (own_checkpoint / SAFETENSORS).unlink()
    sprung = own_checkpoint / "sprung"
    save({"qa_outputs.bias": Trap(sprung)}, own_checkpoint / PICKLE)
    with pytest.raises(CheckpointError) as caught:
        load_weights(open_checkpoint(own_checkpoint))
    assert not sprung.exists()
    assert_is_one_sentence(str(caught.value), PICKLE)


@pytest.mark.parametrize("stored", [[torch.zeros(2)], {"qa_outputs.bias": "text", "luke": {}}])
def test_a_pickle_of_something_else_is_one_sentence_naming_the_file(own_checkpoint: Path, stored: object) -> None:
    (own_checkpoint / SAFETENSORS).unlink()
    torch.save(stored, own_checkpoint / PICKLE)
    with pytest.raises(CheckpointError) as caught:
        load_weights(open_checkpoint(own_checkpoint))
    assert_is_one_sentence(str(caught.value), PICKLE)


def test_a_tensor_that_is_not_a_tensor_is_a_checkpoint_error(own_checkpoint: Path) -> None:
    use_pickle(own_checkpoint)
    stored = torch.load(own_checkpoint / PICKLE, weights_only=True)
    torch.save(stored | {"qa_outputs.bias": "text"}, own_checkpoint / PICKLE)
    with pytest.raises(CheckpointError, match=PICKLE):
        load_weights(open_checkpoint(own_checkpoint))


def test_a_missing_head_is_named(own_checkpoint: Path) -> None:
    """A base model without a question-answering head is the likeliest wrong checkpoint."""
    edit_weights(own_checkpoint, lambda tensors: tensors.pop("qa_outputs.weight"))
    with pytest.raises(CheckpointError) as caught:
        load_weights(open_checkpoint(own_checkpoint))
    assert_is_one_sentence(str(caught.value), SAFETENSORS)
    assert "qa_outputs.weight" in str(caught.value)


def test_a_tensor_of_another_shape_than_the_configuration_says_is_named(own_checkpoint: Path) -> None:
    edit_config(own_checkpoint, intermediate_size=64)
    with pytest.raises(CheckpointError) as caught:
        load_weights(open_checkpoint(own_checkpoint))
    assert_is_one_sentence(str(caught.value), SAFETENSORS)
    assert "intermediate" in str(caught.value)


def test_the_configuration_of_the_card_can_be_read(own_checkpoint: Path) -> None:
    """Saved by transformers 4.25, it has keys that nothing here reads."""
    edit_config(
        own_checkpoint,
        bert_model_name="models/luke-japanese/hf_xlm_roberta",
        cls_entity_prediction=False,
        classifier_dropout=None,
        torch_dtype="float32",
        transformers_version="4.25.1",
    )
    assert json.loads((own_checkpoint / CONFIG).read_text())["use_entity_aware_attention"] is True
    assert open_checkpoint(own_checkpoint).require_end_label() is EndLabel.EXCLUSIVE


def test_how_sure_answers_are_is_read_from_the_checkpoint(own_checkpoint: Path) -> None:
    scaling, thresholds = {"slope": 0.6, "bias": -0.5}, {"high": 0.8, "none": 0.3}
    edit_config(own_checkpoint, luke_qa={"place_scaling": scaling, "thresholds": thresholds})
    opened = open_checkpoint(own_checkpoint)
    assert opened.fitted.place_scaling == PlattScaling(0.6, -0.5)
    assert opened.fitted.thresholds == Thresholds(0.8, 0.3)


@pytest.mark.parametrize(
    ("metadata", "words"),
    [
        ({"thresholds": {"high": 0.8}}, "thresholds must be an object of high and none"),
        ({"thresholds": {"high": 0.8, "none": 0}}, "thresholds.none is 0, not above 0 and at most 1"),
        ({"thresholds": {"high": "0.8", "none": 1}}, "thresholds.high is '0.8', not a number"),
        ({"place_scaling": [1, 0]}, "place_scaling must be an object of slope and bias"),
        ({"place_scaling": {"slope": 0, "bias": 0}}, "place_scaling.slope is 0, not above 0"),
        ({"relative_energies": 1}, "relative_energies is 1, neither true nor false"),
        ({"phrase_weight": -0.1}, "phrase_weight is -0.1, not between 0 and 100"),
    ],
)
def test_a_wrong_threshold_scaling_flag_or_weight_is_named(
    own_checkpoint: Path, metadata: dict[str, Any], words: str
) -> None:
    edit_config(own_checkpoint, luke_qa=metadata)
    with pytest.raises(CheckpointError, match=re.escape(words)):
        open_checkpoint(own_checkpoint)
