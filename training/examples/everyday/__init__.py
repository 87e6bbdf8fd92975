"""Everyday texts and questions made from templates: people, appointments, shopping, school, home, work, the road and
the news.
"""
