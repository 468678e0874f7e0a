"""A small model with every kind of field that documents have, to test the loader by."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, SecretStr

from config.document import DocumentModel


def _digits(text: str) -> str:
    if not text.isdigit():
        raise ValueError(f'"{text}" is no phone number, digits without spaces are needed')
    return text


class Person(DocumentModel):
    level: Annotated[int, Field(ge=1, le=5)]
    colour: Literal["red", "green", "blue"] = "red"
    phone: Annotated[str, AfterValidator(_digits)] = "0"


class Play(DocumentModel):
    do: Literal["play"]
    prompt: str


class Wait(DocumentModel):
    wait: Annotated[int, Field(ge=5)]


class Menu(DocumentModel):
    do: Literal["menu"]
    menu: Wait


class Greetings(DocumentModel):
    en: str
    hu: str = ""


class Shop(DocumentModel):
    name: str = Field(description="what callers hear")
    people: dict[str, Person] = Field(default={})
    keys: dict[str, str] = Field(default={})
    colour: Literal["red", "green", "blue"] = "red"
    open: bool = True
    hours: list[int] = Field(default=[9], min_length=1)
    password: SecretStr | None = None
    greeting: str | Greetings = ""
    steps: list[Annotated[Play | Menu, Field(discriminator="do")]] = Field(default=[])
