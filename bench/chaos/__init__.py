"""What becomes of questions while the deployment is harmed."""
