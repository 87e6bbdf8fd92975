"""Write the model as ONNX, in float32, for any number of rows and tokens."""

import sys

import torch
from card import load_model


class Logits(torch.nn.Module):
    """Ids and mask in, start and end logits out."""

    def __init__(self) -> None:
        super().__init__()
        self.model = load_model()

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        output = self.model(input_ids=input_ids, attention_mask=attention_mask)
        return output.start_logits, output.end_logits


if __name__ == "__main__":
    ids = torch.full((2, 16), 5)
    axes = {0: torch.export.Dim("rows", min=1, max=64), 1: torch.export.Dim("tokens", min=2, max=512)}
    torch.onnx.export(
        Logits().eval(),
        (ids, torch.ones_like(ids)),
        sys.argv[1],
        input_names=["input_ids", "attention_mask"],
        output_names=["start", "end"],
        dynamic_shapes=(axes, axes),
        dynamo=True,
    )
