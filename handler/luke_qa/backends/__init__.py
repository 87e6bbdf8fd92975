"""What runs the forward pass: torch, which runs everywhere, or OpenVINO, which is faster on a CPU."""
