"""The first file of an archive whose download broke off."""


def greet(name):
    return f"Good morning, {name}; you are whole."
