"""The office's own forms: put in place only after a check, taken away, and looked over before a letter needs them."""

from pathlib import Path

from config.vocabulary import DocumentKind
from notifications.papers.word.fault import FormError
from notifications.papers.word.filling import check_form, own_form


def put(folder: Path, kind: DocumentKind, source: Path) -> Path:
    """Put a file in place as the form of a kind, whole or not at all, and return where it lies; raises FormError and changes nothing."""
    try:
        form = source.read_bytes()
    except OSError as fault:
        msg = f"读不到文件 {source}（{fault.strerror}）；请核对路径"
        raise FormError(msg) from None
    check_form(kind, form, source.name)
    target = own_form(folder, kind)
    folder.mkdir(parents=True, exist_ok=True)
    part = target.with_suffix(".part")
    part.write_bytes(form)
    part.replace(target)
    return target


def take_away(folder: Path, kind: DocumentKind) -> bool:
    """Let the shipped form hold again; returns whether there was one of the office's own."""
    target = own_form(folder, kind)
    there = target.exists()
    target.unlink(missing_ok=True)
    return there


def present(folder: Path) -> tuple[DocumentKind, ...]:
    """Return the kinds of which the office has a form of its own."""
    return tuple(kind for kind in DocumentKind if own_form(folder, kind).exists())


def broken(folder: Path) -> tuple[str, ...]:
    """Return what is wrong with the office's forms, each by its file name."""
    faults = []
    for kind in present(folder):
        path = own_form(folder, kind)
        try:
            check_form(kind, path.read_bytes(), path.name)
        except OSError as fault:
            faults.append(f"读不到文书模板“{path.name}”（{fault.strerror}）；请核对文件权限，或关闭正在打开它的程序")
        except FormError as fault:
            faults.append(str(fault))
    return tuple(faults)


def unused(folder: Path) -> tuple[str, ...]:
    """Return the Word files in the folder that no document uses: mostly a name mistyped."""
    known = {own_form(folder, kind).name for kind in DocumentKind}
    return tuple(sorted(path.name for path in folder.glob("*.doc*") if path.name not in known)) if folder.is_dir() else ()
