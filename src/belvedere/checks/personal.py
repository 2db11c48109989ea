"""What personal values look like: patterns and checksums, one line each in PATTERNS; and telling column names in NAMES.

Checksums: Luhn (ISO/IEC 7812-1, cards), modulo 97 (ISO 13616, IBAN), modulo 11-2 (GB 11643-1999, Chinese identity
numbers).
"""

import ipaddress
import re
from collections.abc import Callable
from dataclasses import dataclass


def passes_luhn(text: str) -> bool:
    """Check a card number.

    Examples
    --------
    >>> passes_luhn("4111 1111 1111 1111"), passes_luhn("4111 1111 1111 1112")
    (True, False)
    """
    digits = [int(digit) for digit in text if digit.isdigit()]
    doubled = [digit * 2 - 9 * (digit > 4) for digit in digits[-2::-2]]
    return len(set(digits)) > 1 and (sum(doubled) + sum(digits[-1::-2])) % 10 == 0


def passes_iban(text: str) -> bool:
    """Check an international bank account number.

    Examples
    --------
    >>> passes_iban("DE89 3704 0044 0532 0130 00"), passes_iban("DE89 3704 0044 0532 0130 01")
    (True, False)
    """
    plain = re.sub(r"\s", "", text).upper()
    return 15 <= len(plain) <= 34 and int("".join(str(int(letter, 36)) for letter in plain[4:] + plain[:4])) % 97 == 1


def passes_chinese_id(text: str) -> bool:
    """Check an 18-digit Chinese identity number: its date of birth and its checksum.

    Examples
    --------
    >>> passes_chinese_id("11010519491231002X"), passes_chinese_id("110105194912310021")
    (True, False)
    """
    year, month, day = int(text[6:10]), int(text[10:12]), int(text[12:14])
    if not (1850 <= year <= 2100 and 1 <= month <= 12 and 1 <= day <= 31):
        return False
    total = sum(int(digit) * (2 ** (17 - place) % 11) for place, digit in enumerate(text[:17]))
    return "10X98765432"[total % 11] == text[17].upper()


def passes_dni(text: str) -> bool:
    """Check a Spanish identity number: eight digits, the letter by modulo 23.

    Examples
    --------
    >>> passes_dni("12345678Z"), passes_dni("12345678A")
    (True, False)
    """
    return "TRWAGMYFPDXBNJZSQVHLCKE"[int(text[:8]) % 23] == text[-1].upper()


def passes_nir(text: str) -> bool:
    """Check a French social security number: the last two digits by modulo 97.

    Examples
    --------
    >>> passes_nir("255081416802538"), passes_nir("255081416802539")
    (True, False)
    """
    plain = re.sub(r"\s", "", text)
    return 97 - int(plain[:13]) % 97 == int(plain[13:])


def passes_nhs(text: str) -> bool:
    """Check a number of the British health service: the tenth digit by modulo 11.

    Examples
    --------
    >>> passes_nhs("943 476 5919"), passes_nhs("943 476 5918")
    (True, False)
    """
    digits = [int(digit) for digit in text if digit.isdigit()]
    return (11 - sum(digit * (10 - place) for place, digit in enumerate(digits[:9])) % 11) % 11 == digits[9]


def passes_german_tax(text: str) -> bool:
    """Check a German tax number: eleven digits, the last by ISO 7064 (mod 11, 10).

    Examples
    --------
    >>> passes_german_tax("65929970489"), passes_german_tax("65929970488")
    (True, False)
    """
    product = 10
    for digit in text[:10]:
        product = ((int(digit) + product) % 10 or 10) * 2 % 11
    return (11 - product) % 10 == int(text[10])


def is_address(text: str) -> bool:
    """Check an IP address; `1.2.3.4` alone could be a version, so loopback and zero networks do not count."""
    try:
        return not ipaddress.ip_address(text).is_unspecified
    except ValueError:
        return False


def is_phone(text: str) -> bool:
    """Check the number of digits of what is written like a phone number."""
    return 8 <= sum(letter.isdigit() for letter in text) <= 15 and not re.fullmatch(
        r"\d{4}-\d{2}-\d{2}|\d{2}-\d{2}-\d{4}", text
    )


def always(text: str) -> bool:
    """Accept whatever the pattern accepted."""
    return True


@dataclass(frozen=True)
class Pattern:
    """A kind of personal value: what to call it, what it looks like (RE2 and Python agree), and a check."""

    noun: str
    looks: str
    check: Callable[[str], bool] = always
    in_text: bool = True  # whether it is also looked for inside running text
    alone: bool = True  # whether single values of a column count; weak checksums need most of it


PATTERNS = (
    Pattern("e-mail addresses", r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,24}"),
    Pattern("Chinese identity numbers", r"[1-9]\d{5}(?:18|19|20)\d{9}[\dXx]", passes_chinese_id),
    Pattern(
        "payment card numbers",
        r"[2-6]\d{3}[ -]?\d{4}[ -]?\d{4}[ -]?\d{1,7}|3\d{3}[ -]?\d{6}[ -]?\d{5}",
        passes_luhn,
    ),
    Pattern("bank account numbers (IBAN)", r"[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?", passes_iban),
    Pattern(
        "US social security numbers",
        r"(?:00[1-9]|0[1-9]\d|[1-5]\d{2}|6[0-57-9]\d|66[0-57-9]|[78]\d{2})-\d{2}-\d{4}",
    ),
    Pattern(
        "IP addresses",
        r"(?:\d{1,3}\.){3}\d{1,3}|(?:[0-9a-fA-F]{1,4}:){3,7}[0-9a-fA-F:]{1,8}|[0-9a-fA-F:]*::[0-9a-fA-F:]+",
        is_address,
        in_text=False,
    ),
    Pattern("hardware addresses", r"(?:[0-9a-fA-F]{2}[:-]){5}[0-9a-fA-F]{2}"),
    Pattern(
        "keys or tokens",
        r"AKIA[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{36}|sk-[A-Za-z0-9_-]{20,}|eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{5,}"
        r"|-----BEGIN [A-Z ]*PRIVATE KEY-----",
    ),
    Pattern(
        "French social security numbers", r"[12] ?\d{2} ?\d{2} ?\d{2} ?\d{3} ?\d{3} ?\d{2}", passes_nir, False, False
    ),
    Pattern("Spanish identity numbers", r"\d{8}-?[A-Z]", passes_dni, False, False),
    Pattern("British health service numbers", r"\d{3}[ -]?\d{3}[ -]?\d{4}", passes_nhs, False, False),
    Pattern("German tax numbers", r"[1-9]\d{10}", passes_german_tax, False, False),
    Pattern("Chinese mobile numbers", r"(?:\+?86[ -]?)?1[3-9]\d[ -]?\d{4}[ -]?\d{4}"),
    Pattern(
        "phone numbers",
        r"\+\d{1,3}[ .-]?(?:\(?\d{1,4}\)?[ .-]?){2,5}\d{2,4}|\(\d{2,5}\) ?\d{3,4}[ .-]?\d{3,4}"
        r"|\d{3}[.-]\d{3}[.-]\d{4}|0\d{2,4}[ /-]\d{3,4}[ -]?\d{3,5}|0\d \d{2}(?: \d{2}){3}",
        is_phone,
    ),
)

NAMES = (
    ("e-mail addresses", r"e-?mail|邮箱|电子邮件|courriel|correo electr"),
    (
        "phone numbers",
        r"\bphone (?:no|nr|number)\b|\bphone$|^(?:tele)?phone|mobile|\bcell ?phone|\bfax\b|\btel\b|手机|电话"
        r"|telefon|t[ée]l[ée]phone|tel[ée]fono|m[óo]vil\b|handy(?:nummer)?\b",
    ),
    (
        "national identity numbers",
        r"\bssn\b|social security|national id|identity (?:no|number|card)|passport|\bnino\b|\bnhs (?:no|number)|tax id"
        r"|aadhaa?r|\bcpf\b|\bdni\b|\bnif\b|\bcurp\b|driver'?s? ?s? licen[cs]e|driving licen[cs]e|身份证|护照|驾驶证|驾照|社保"
        r"|reisepass|personalausweis|f[üu]e?hrerschein|steuer ?id|sozialversicherung|passeport|permis de conduire"
        r"|s[ée]curit[ée] sociale|pasaporte|(?:carnet|licencia|permiso) de conducir|seguridad social",
    ),
    (
        "health insurance numbers",
        r"(?:\bhealth |\bmedical |^)insurance (?:no|nr|number|id)\b|\bmedicare (?:no|number|id)\b|krankenversicher"
        r"|num[ée]ro d assur[ée]|n[úu]mero de seguro|医保",
    ),
    (
        "license plates",
        r"licen[cs]e plate|(?:number|registration) plate|plate (?:no|number)|kfz kenn|^kennzeichen|immatriculation"
        r"|^matr[íi]cula$|车牌",
    ),
    (
        "names of people",
        r"(?:first|last|given|family|middle|full|maiden|patient|customer|client|employee|person|student|contact"
        r"|driver|passenger|owner) ?name\b|\bsurname\b|\bforename\b|vorname|nachname|familienname|kundenname|pr[ée]nom"
        r"|nom de famille|nom complet|^nombre$|nombre completo|nombre del? (?:cliente|paciente|usuario)|apellido|姓名|名字|姓氏",
    ),
    (
        "user names",
        r"\buser ?name\b|\blog ?in ?name\b|^login$|\bnick ?name\b|benutzername|^identifiant$|nom d utilisateur|^usuario$|用户名",
    ),
    (
        "postal addresses",
        r"(?:street|home|postal|mailing|billing|shipping) ?(?:address|addr)\b|^addr(?:ess)?(?: ?line)? ?\d?$|\bstreet\b"
        r"|stra(?:ß|ss)e|anschrift|wohnadresse|^adresse(?: postale)?$|direcci[óo]n|domicilio|住址|地址",
    ),
    (
        "postal codes",
        r"\bzip ?(?:code)?s?\b|\bpost ?codes?\b|\bpostal codes?\b|^plz$|postleitzahl|code postal|c[óo]digo postal|邮编|邮政编码",
    ),
    (
        "dates of birth",
        r"\bbirth ?(?:date|day)?\b|\bdate of birth\b|\bdob\b|geburtsdatum|geburtstag|naissance|nacimiento|出生|生日",
    ),
    (
        "coordinates",
        r"^(?:lat|latitude|lon|lng|long|longitude)$|\b(?:latitude|longitude|geo ?(?:lat|lon))\b|breitengrad|l[äa]e?ngengrad"
        r"|\blatitud\b|\blongitud\b|经度|纬度",
    ),
    (
        "payment card numbers",
        r"\b(?:credit|debit|payment)? ?card (?:no|nr|number)\b|\biban\b|account (?:no|number)\b|银行卡|kontonummer|kartennummer",
    ),
    (
        "keys or tokens",
        r"\b(?:password|passwd|api ?key|secret|access ?token|auth ?token)\b|密码|passwort|kennwort|mot de passe|contrase[ñn]a",
    ),
)
ATTRIBUTES = re.compile(
    r"\b(sex|gender|female|male|race|ethnic\w*|religio\w*|politic\w*|party|nationality|native country|foreign worker"
    r"|disab\w*|orientation|marital status|personal status|pregnan\w*|diagnos\w*|disease|hiv|diabetes|dementia|caste"
    r"|union member)\b|性别|民族|宗教|婚姻",
    re.IGNORECASE,
)


def spaced(name: str) -> str:
    """Write a column name as words.

    Examples
    --------
    >>> spaced("FirstName"), spaced("date_of-birth"), spaced("HIVStatus")
    ('first name', 'date of birth', 'hiv status')
    """
    parts = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", name)
    return re.sub(r"[_\W]+", " ", parts).strip().lower()


def telling_name(name: str) -> str:
    """Say what a column seems to hold by its name alone; '' if it tells nothing."""
    words = spaced(name)
    return next((noun for noun, looks in NAMES if re.search(looks, words, re.IGNORECASE)), "")
