"""Write the dashboard: ``python -m deploy.grafana``."""

from deploy.grafana.dashboard import DASHBOARD, build_dashboard

DASHBOARD.write_text(build_dashboard(), "utf-8")
