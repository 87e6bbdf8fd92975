"""Everyday texts and questions from templates.

They are about people, appointments, shopping, school, home, work, the road and the news.
"""
