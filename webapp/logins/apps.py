from django.apps import AppConfig


class LoginsConfig(AppConfig):
    name = "webapp.logins"
