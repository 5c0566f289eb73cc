"""The arguments of Terraform's providers, read from their bindings for the Terraform CDK on PyPI.

Terraform's own registry cannot be reached from everywhere; PyPI can. The bindings are made from the provider's schema,
and hold for each resource the names, types and nesting of its arguments and what is required, of one version.
"""

import io
import re
import tarfile
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HCL_FUNCTION = re.compile(r"^function (\w+)ToHclTerraform\(struct\) \{(.*?)^\}", re.MULTILINE | re.DOTALL)
ARGUMENT = re.compile(
    r'"?(\w+)"?: \{\s+value: (.+),\s+isBlock: (true|false),\s+type: "(\w+)",\s+storageClassType: "(\w+)",'
)
INTERFACE = re.compile(r"^export interface (\w+)(?: extends [\w.]+)? \{(.*?)^\}", re.MULTILINE | re.DOTALL)
CLASS = re.compile(r"^(?:let |var )?(?:\w+ = )?class (\w+) extends cdktf\.\w+ \{(.*?)^\}", re.MULTILINE | re.DOTALL)
COMPUTED = re.compile(r"return this\.get(\w+)Attribute\('(\w+)'\)")
COMPUTED_TYPES = {"String": "string", "Number": "number", "Boolean": "bool", "List": "list", "StringMap": "map"}
SIMPLE_TYPES = {"string": "string", "number": "number", "boolean": "bool"}
OF_MANY = {"list": "list", "set": "set", "map": "map"}


@dataclass
class Package:
    """One provider's bindings, a wheel; the provider's version is the one that it was made from."""

    wheel: Path
    files: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        with zipfile.ZipFile(self.wheel) as packed:
            (archive,) = [name for name in packed.namelist() if name.endswith(".tgz")]
            with tarfile.open(fileobj=io.BytesIO(packed.read(archive))) as inner:
                for member in inner:
                    if member.name.endswith((".js", ".d.ts")):
                        self.files[member.name.removeprefix("package/lib/")] = inner.extractfile(member).read().decode()  # type: ignore[union-attr]  # a file

    @property
    def version(self) -> str:
        """Of the provider."""
        found = re.search(r"providerVersion: '([\d.]+)'", "".join(self.files.values()))
        assert found
        return found[1]

    def block(self, folder: str) -> dict[str, Any]:
        """The arguments of one resource, data source (`data-…`) or the provider itself, and what is computed of it."""
        own = {name: text for name, text in self.files.items() if name.startswith(f"{folder}/")}
        assert own, f"the provider has no {folder}"
        return _block_of(
            "\n".join(text for name, text in own.items() if name.endswith(".js")),
            "\n".join(text for name, text in own.items() if name.endswith(".d.ts")),
        )


def _block_of(code: str, types: str) -> dict[str, Any]:
    functions = dict(HCL_FUNCTION.findall(code))
    interfaces = dict(INTERFACE.findall(types))
    classes = dict(CLASS.findall(code))

    def block(arguments: str, interface: str, own_class: str) -> dict[str, Any]:
        attributes: dict[str, Any] = {}
        blocks: dict[str, Any] = {}
        for name, value, is_block, kind, stored in ARGUMENT.findall(arguments):
            member = re.search(r"(?:struct\.|this\._)(\w+)", value)
            assert member, f"{name}: {value}"
            required = re.search(rf"readonly {member[1]}: ", interface) is not None
            if is_block == "true":
                function = re.search(r"(\w+)ToHclTerraform", value)
                assert function, f"{name}: {value}"
                struct = function[1][0].upper() + function[1][1:]
                blocks[name] = {
                    "nesting": {"struct": "single"}.get(kind, kind),
                    "max": 0 if "listMapperHcl" in value or kind == "struct" else 1,
                    "min": int(required and kind != "struct"),
                    "block": block(
                        functions[function[1]], interfaces[struct], classes.get(f"{struct}OutputReference", "")
                    ),
                }
            else:
                attributes[name] = {"type": _type_of(kind, stored), "required": required}
        for getter, name in COMPUTED.findall(own_class):
            if name not in attributes:
                attributes[name] = {"type": _type_of(*_computed(getter)), "computed": True}
        return {"attributes": attributes, "blocks": blocks}

    (resource,) = [name for name, body in classes.items() if "synthesizeHclAttributes() {" in body]
    own = classes[resource]
    return block(own.split("synthesizeHclAttributes() {")[1], interfaces[f"{resource}Config"], own)


def _computed(getter: str) -> tuple[str, str]:
    kind = COMPUTED_TYPES.get(getter, "string")
    return (kind, "string") if kind in OF_MANY else ("simple", {"bool": "boolean"}.get(kind, kind))


def _type_of(kind: str, stored: str) -> str | list[str]:
    if kind == "simple":
        return SIMPLE_TYPES[stored]
    element = SIMPLE_TYPES.get(re.sub("(List|Map)$", "", stored))
    return [OF_MANY[kind], element] if element else "dynamic"


def used_types(folders: Iterable[Path]) -> dict[str, set[str]]:
    """What Terraform files in the folders declare: `resource`, `data` and `ephemeral`, each with its types."""
    text = "".join(file.read_text(encoding="utf-8") for folder in folders for file in folder.glob("*.tf"))
    found = re.findall(r'^(resource|data|ephemeral) "(\w+)"', text, re.MULTILINE)
    return {kind: {name for declared, name in found if declared == kind} for kind in ("resource", "data", "ephemeral")}


def schema(package: Package, provider: str, used: dict[str, set[str]]) -> dict[str, Any]:
    """The provider's own arguments and those of the used types."""

    def of(kind: str, prefix: str) -> dict[str, Any]:
        own = sorted(name for name in used[kind] if name.startswith(f"{provider}_"))
        return {name: package.block(prefix + name.removeprefix(f"{provider}_").replace("_", "-")) for name in own}

    return {
        "provider": package.block("provider"),
        "resource": of("resource", ""),
        "data": of("data", f"data-{provider}-"),
        # The bindings know no ephemeral resources; random's have the arguments of the resources of the same name.
        "ephemeral": of("ephemeral", ""),
    }
