"""Answer whole tables of questions with Ray Data: on one machine or on a cluster, without a server."""
