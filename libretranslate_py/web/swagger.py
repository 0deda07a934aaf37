"""A Swagger 2.0 document made of an OpenAPI 3.0 one, for programs that know no other."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any

from libretranslate_py.web.openapi import FORM, JSON, MULTIPART, Json

_SCHEMAS = "#/components/schemas/"
# What schemas of OpenAPI 3 may have and those of Swagger 2 may not.
_NEWER = ("oneOf", "anyOf", "nullable")
_OF_PARAMETERS = ("type", "format", "enum", "default", "minimum", "maximum", "minLength", "maxLength", "items")


def convert(document: Json, paths: Collection[str]) -> Json:
    """``document`` with these ``paths`` only. Bodies become fields of a form; where JSON allows several types, nothing
    is said about the type."""
    components = document["components"]
    converted = {
        path: {method: _operation(operation, components) for method, operation in document["paths"][path].items()}
        for path in paths
    }
    keys = components["securitySchemes"]["api_key"]
    definitions = {name: _schema(components["schemas"][name]) for name in sorted(_used(converted, components))}
    return {
        "swagger": "2.0",
        "info": document["info"],
        "basePath": document["servers"][0]["url"],
        "tags": document["tags"],
        "paths": converted,
        "definitions": definitions,
        "securityDefinitions": {"api_key": keys},
    }


def _operation(operation: Json, components: Json) -> Json:
    made: Json = {
        name: operation[name] for name in ("tags", "operationId", "summary", "description") if name in operation
    }
    parameters = [_parameter(parameter) for parameter in operation.get("parameters", ())]
    body = operation.get("requestBody")
    if body:
        made["consumes"] = [kind for kind in (FORM, MULTIPART) if kind in body["content"]]
        form = _resolve(body["content"][made["consumes"][0]]["schema"], components)
        parameters += [
            _field(name, schema, required=name in form.get("required", ()))
            for name, schema in form["properties"].items()
        ]
    if parameters:
        made["parameters"] = parameters
    made["produces"] = [
        next(iter(operation["responses"]["200"]["content"]), JSON).replace("*/*", "application/octet-stream")
    ]
    made["responses"] = {
        status: _response(_resolve(response, components), components)
        for status, response in operation["responses"].items()
    }
    return made


def _parameter(parameter: Json) -> Json:
    kept: Json = {name: parameter[name] for name in ("name", "in", "required", "description") if name in parameter}
    return {**kept, **_plain_type(parameter["schema"])}


def _field(name: str, schema: Json, *, required: bool) -> Json:
    described = {"description": schema["description"]} if "description" in schema else {}
    kind = {"type": "file"} if schema.get("format") == "binary" else _plain_type(schema)
    return {"name": name, "in": "formData", "required": required, **described, **kind}


def _plain_type(schema: Json) -> Json:
    return {name: schema[name] for name in _OF_PARAMETERS if name in schema}


def _response(response: Json, components: Json) -> Json:
    made: Json = {"description": response["description"]}
    if media := response.get("content", {}).get(JSON):
        made["schema"] = _schema(media["schema"])
    if headers := response.get("headers"):
        resolved = {name: _resolve(header, components) for name, header in headers.items()}
        made["headers"] = {
            name: {"description": header["description"], **_plain_type(header["schema"])}
            for name, header in resolved.items()
        }
    return made


def _schema(schema: Any) -> Any:
    """A schema, or what is inside of one."""
    if isinstance(schema, Mapping):
        return {
            name: value.replace(_SCHEMAS, "#/definitions/") if name == "$ref" else _schema(value)
            for name, value in schema.items()
            if name not in _NEWER
        }
    return [_schema(value) for value in schema] if isinstance(schema, list) else schema


def _resolve(value: Json, components: Json) -> Json:
    if "$ref" not in value:
        return value
    _, _, room, name = value["$ref"].split("/")
    resolved: Json = components[room][name]
    return resolved


def _used(converted: Json, components: Json) -> set[str]:
    """The names of the schemas that the paths refer to, and those that these refer to."""
    names: set[str] = set()
    texts = [json.dumps(converted)]
    while texts:
        text = texts.pop()
        for name in components["schemas"].keys() - names:
            if f'"#/definitions/{name}"' in text:
                names.add(name)
                texts.append(json.dumps(_schema(components["schemas"][name])))
    return names
