"""How many replicas a load needs: measured service times, a small queueing simulation, and what breaks next."""
