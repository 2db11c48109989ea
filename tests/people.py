# ruff: noqa: E501 - one kind a line reads best
"""Invented personal values of 25 kinds in 6 locales, and harmless columns that look a little like them."""

from collections.abc import Callable
from typing import Any

import numpy as np

Chance = np.random.Generator
Make = Callable[[Chance], Any]
LOCALES = ("en_US", "en_GB", "de_DE", "fr_FR", "es_ES", "zh_CN")
FIRST = {
    "en_US": "Ann Bob Carl Dana Eve Frank Grace Hank", "en_GB": "Alfie Beth Colin Daisy Ewan Fiona Gemma Harry", "de_DE": "Anna Bernd Claudia Dieter Eva Friedrich Grete Jürgen",
    "fr_FR": "Amélie Benoît Chloé Denis Élise François Gisèle Henri", "es_ES": "Ana Beatriz Carlos Diego Elena Fernando Inés José", "zh_CN": "伟 芳 娜 秀英 敏 静 丽 强",
}  # fmt: skip
LAST = {
    "en_US": "Smith Jones Miller Davis Brown Wilson Moore", "en_GB": "Taylor Evans Thomas Roberts Walker Wright Hughes", "de_DE": "Müller Schmidt Schneider Fischer Weber Meyer Wagner",
    "fr_FR": "Martin Bernard Dubois Thomas Petit Durand Leroy", "es_ES": "García Martínez López Sánchez Pérez Gómez Ruiz", "zh_CN": "王 李 张 刘 陈 杨 黄",
}  # fmt: skip
CITY = {
    "en_US": "Springfield",
    "en_GB": "Leeds",
    "de_DE": "Köln",
    "fr_FR": "Lyon",
    "es_ES": "Sevilla",
    "zh_CN": "上海市",
}


def digits(c: Chance, n: int) -> str:
    """Some digits."""
    return "".join(map(str, c.integers(0, 10, n)))


def luhn(body: str) -> str:
    """Add the check digit of ISO/IEC 7812-1."""
    total = sum(d * 2 - 9 * (d > 4) if i % 2 == 0 else d for i, d in enumerate(int(x) for x in reversed(body)))
    return body + str(-total % 10)


def iban(country: str, body: str) -> str:
    """Put check digits before an account number (ISO 13616)."""
    number = int("".join(str(int(x, 36)) for x in body + country + "00"))
    return f"{country}{98 - number % 97:02d}{body}"


def chinese_id(c: Chance) -> str:
    """An 18-digit identity number (GB 11643-1999)."""
    body = f"{c.choice(['110105', '310104', '440106', '510107'])}{c.integers(1950, 2010)}{c.integers(1, 13):02d}{c.integers(1, 29):02d}{digits(c, 3)}"
    return body + "10X98765432"[sum(int(d) * (2 ** (17 - i) % 11) for i, d in enumerate(body)) % 11]


def _dni(c: Chance) -> str:
    number = int(c.integers(10_000_000, 99_999_999))
    return f"{number}{'TRWAGMYFPDXBNJZSQVHLCKE'[number % 23]}"


def _nir(c: Chance) -> str:
    body = f"{c.integers(1, 3)}{c.integers(40, 100):02d}{c.integers(1, 13):02d}{c.integers(1, 96):02d}{digits(c, 6)}"
    return body + f"{97 - int(body) % 97:02d}"


def _nhs(c: Chance) -> str:
    while True:
        body = digits(c, 9)
        check = 11 - sum(int(d) * (10 - i) for i, d in enumerate(body)) % 11
        if check != 10:
            number = body + str(check % 11)
            return f"{number[:3]} {number[3:6]} {number[6:]}"


def _german_tax(c: Chance) -> str:
    """Eleven digits, the last by ISO 7064 (mod 11, 10)."""
    body, product = "1" + digits(c, 9), 10
    for digit in body:
        total = (int(digit) + product) % 10 or 10
        product = total * 2 % 11
    return body + str((11 - product) % 10)


NATIONAL: dict[str, Make] = {
    "en_US": lambda c: f"{c.integers(100, 600)}-{c.integers(10, 100)}-{c.integers(1000, 10000)}", "en_GB": _nhs, "de_DE": _german_tax,
    "fr_FR": _nir, "es_ES": _dni, "zh_CN": chinese_id,
}  # fmt: skip
PHONE: dict[str, Make] = {
    "en_US": lambda c: f"({c.integers(201, 990)}) {c.integers(200, 999)}-{digits(c, 4)}", "en_GB": lambda c: f"07{digits(c, 3)} {digits(c, 6)}",
    "de_DE": lambda c: f"+49 {c.integers(150, 180)} {digits(c, 7)}", "fr_FR": lambda c: "0" + str(c.integers(1, 8)) + "".join(f" {digits(c, 2)}" for _ in range(4)),
    "es_ES": lambda c: f"+34 6{digits(c, 2)} {digits(c, 3)} {digits(c, 3)}", "zh_CN": lambda c: f"1{c.integers(3, 10)}{digits(c, 9)}",
}  # fmt: skip
STREET: dict[str, Make] = {
    "en_US": lambda c: f"{c.integers(1, 9999)} {c.choice(['Oak', 'Main', 'Lake'])} {c.choice(['Street', 'Ave', 'Blvd'])}", "en_GB": lambda c: f"{c.integers(1, 200)} {c.choice(['Mill', 'Church', 'High'])} {c.choice(['Road', 'Lane'])}",
    "de_DE": lambda c: f"{c.choice(['Garten', 'Bahnhof', 'Haupt'])}straße {c.integers(1, 200)}", "fr_FR": lambda c: f"{c.integers(1, 200)} rue {c.choice(['de la Paix', 'Victor Hugo', 'des Lilas'])}",
    "es_ES": lambda c: f"Calle {c.choice(['Mayor', 'Real', 'Sol'])} {c.integers(1, 200)}", "zh_CN": lambda c: f"{CITY['zh_CN']}{c.choice(['中山', '人民', '解放'])}路{c.integers(1, 900)}号",
}  # fmt: skip
POSTAL: dict[str, Make] = {
    "en_US": lambda c: f"{digits(c, 5)}-{digits(c, 4)}", "en_GB": lambda c: f"{c.choice(['LS', 'SW', 'EH'])}{c.integers(1, 20)} {c.integers(1, 10)}{c.choice(['AB', 'XY', 'QD'])}",
    "de_DE": lambda c: digits(c, 5), "fr_FR": lambda c: digits(c, 5), "es_ES": lambda c: digits(c, 5), "zh_CN": lambda c: digits(c, 6),
}  # fmt: skip
COUNTRY = {"en_US": "GB", "en_GB": "GB", "de_DE": "DE", "fr_FR": "FR", "es_ES": "ES", "zh_CN": "DE"}
IBAN_BODY: dict[str, Make] = {
    "GB": lambda c: "NWBK" + digits(c, 14),
    "DE": lambda c: digits(c, 18),
    "FR": lambda c: digits(c, 23),
    "ES": lambda c: digits(c, 20),
}
NAMES: dict[str, tuple[str, str, str, str, str, str]] = {
    "first name": ("first_name", "forename", "Vorname", "prénom", "nombre", "名字"), "last name": ("last_name", "surname", "Nachname", "nom de famille", "apellido", "姓氏"),
    "full name": ("full_name", "customer_name", "Kundenname", "nom complet", "nombre completo", "姓名"), "birth": ("date_of_birth", "dob", "Geburtsdatum", "date de naissance", "fecha de nacimiento", "出生日期"),
    "street": ("street_address", "address line 1", "Straße", "adresse", "dirección", "地址"), "postal": ("zip_code", "postcode", "PLZ", "code postal", "código postal", "邮编"),
    "passport": ("passport_no", "passport", "Reisepass", "passeport", "pasaporte", "护照"), "licence": ("drivers_license", "driving licence", "Führerschein", "permis de conduire", "carnet de conducir", "驾驶证"),
    "latitude": ("latitude", "lat", "Breitengrad", "latitude", "latitud", "纬度"), "longitude": ("longitude", "lng", "Längengrad", "longitude", "longitud", "经度"),
    "username": ("username", "user_name", "Benutzername", "identifiant", "usuario", "用户名"), "password": ("password", "passwd", "Passwort", "mot de passe", "contraseña", "密码"),
    "plate": ("license_plate", "number plate", "Kennzeichen", "immatriculation", "matrícula", "车牌号"), "health insurance": ("insurance_number", "health insurance no", "Krankenversicherungsnummer", "numéro d'assuré", "número de seguro", "医保号"),
}  # fmt: skip
VALUES: dict[str, Callable[[str], Make]] = {
    "first name": lambda where: lambda c: str(c.choice(FIRST[where].split())), "last name": lambda where: lambda c: str(c.choice(LAST[where].split())),
    "full name": lambda where: lambda c: f"{c.choice(LAST[where].split())}{c.choice(FIRST[where].split())}" if where == "zh_CN" else f"{c.choice(FIRST[where].split())} {c.choice(LAST[where].split())}",
    "birth": lambda where: lambda c: f"{c.integers(1940, 2010)}-{c.integers(1, 13):02d}-{c.integers(1, 29):02d}", "street": lambda where: STREET[where], "postal": lambda where: POSTAL[where],
    "passport": lambda where: lambda c: f"{c.choice(list('CEPX'))}{digits(c, 8)}", "licence": lambda where: lambda c: f"{c.choice(list('ABDF'))}{digits(c, 7)}",
    "latitude": lambda where: lambda c: round(float(c.uniform(20, 60)), 5), "longitude": lambda where: lambda c: round(float(c.uniform(-120, 120)), 5),
    "username": lambda where: lambda c: f"{c.choice(['red', 'blue', 'wild'])}_{c.choice(['fox', 'owl'])}{digits(c, 3)}", "password": lambda where: lambda c: "".join(c.choice(list("abcXYZ019!#"), 10)),
    "plate": lambda where: lambda c: f"京A{digits(c, 5)}" if where == "zh_CN" else f"{''.join(c.choice(list('ABKMX'), 2))} {digits(c, 4)}", "health insurance": lambda where: lambda c: f"{c.choice(list('AKMT'))}{digits(c, 9)}",
}  # fmt: skip
# Kinds that values alone must give away: their columns have no telling name.
BY_VALUE: dict[str, Callable[[str], Make]] = {
    "e-mail": lambda where: lambda c: f"u{digits(c, 5)}@{c.choice(['mail', 'post', 'firma'])}.{c.choice(['org', 'com', where[-2:].lower()])}",
    "phone": lambda where: PHONE[where], "national id": lambda where: NATIONAL[where], "card": lambda where: lambda c: luhn(str(c.choice(["4", "51", "37"])) + digits(c, 13))[:16],
    "IBAN": lambda where: lambda c: iban(COUNTRY[where], IBAN_BODY[COUNTRY[where]](c)), "IPv4": lambda where: lambda c: ".".join(map(str, c.integers(1, 255, 4))),
    "IPv6": lambda where: lambda c: ":".join(f"{d:x}" for d in c.integers(1, 65535, 8)), "hardware address": lambda where: lambda c: ":".join(f"{d:02x}" for d in c.integers(0, 256, 6)),
    "key": lambda where: lambda c: "sk-" + "".join(c.choice(list("abcdefXYZ0123456789"), 32)), "web token": lambda where: lambda c: "eyJ" + "".join(c.choice(list("abcXYZ019"), 20)) + ".eyJ" + "".join(c.choice(list("abcXYZ019"), 20)) + "." + "".join(c.choice(list("abcXYZ019"), 20)),
    "e-mail in text": lambda where: lambda c: f"{c.choice(['please write to', 'contact', 'reply at'])} u{digits(c, 4)}@mail.org {c.choice(['about the order', 'for the old invoice', 'before the month ends'])} number {digits(c, 3)}",
}  # fmt: skip


def personal_columns(locale: str, *, seed: int, n: int = 300) -> dict[str, tuple[str, list[Any]]]:
    """Columns of all 25 kinds: kind to (column name, values)."""
    c, place = np.random.default_rng(seed), LOCALES.index(locale)
    named = {kind: (NAMES[kind][place], [VALUES[kind](locale)(c) for _ in range(n)]) for kind in NAMES}
    plain = {
        kind: (f"field {i}", [make(locale)(c) for _ in range(n)]) for i, (kind, make) in enumerate(BY_VALUE.items())
    }
    return named | plain


HARMLESS: dict[str, Make] = {
    "price": lambda c: round(float(c.gamma(2, 30)), 2), "amount_usd": lambda c: int(c.integers(1, 100_000)), "version": lambda c: ".".join(map(str, c.integers(0, 20, 3))), "order_no": lambda c: f"ORD-{digits(c, 7)}",
    "sku": lambda c: f"{c.choice(list('ABC'))}{digits(c, 5)}", "created": lambda c: f"2021-{c.integers(1, 13):02d}-{c.integers(1, 29):02d}", "clock": lambda c: f"{c.integers(0, 24):02d}:{c.integers(0, 60):02d}",
    "product_name": lambda c: f"{c.choice(['Blue', 'Red'])} {c.choice(['Chair', 'Lamp'])}", "file_name": lambda c: f"img_{digits(c, 5)}.png", "checksum": lambda c: "".join(f"{d:x}" for d in c.integers(0, 16, 32)),
    "isbn": lambda c: f"978-{digits(c, 1)}-{digits(c, 4)}-{digits(c, 4)}-{digits(c, 1)}", "timestamp": lambda c: int(c.integers(1_500_000_000, 1_700_000_000)), "barcode": lambda c: int(c.integers(10**12, 10**13)),
    "score": lambda c: f"{c.integers(0, 9)}-{c.integers(0, 9)}", "color": lambda c: f"#{''.join(f'{d:x}' for d in c.integers(0, 16, 6))}", "mac_count": lambda c: int(c.integers(0, 40)), "email_sent": lambda c: int(c.integers(0, 2)),
    "phone_model": lambda c: f"{c.choice(['Pixel', 'Nova'])} {c.integers(1, 12)}", "address_count": lambda c: int(c.integers(0, 6)), "station_name": lambda c: str(c.choice(["North", "Harbor", "Central"])), "ratio": lambda c: round(float(c.random()), 6),
    "gene": lambda c: f"ENSG{digits(c, 11)}", "doi": lambda c: f"10.{digits(c, 4)}/x{digits(c, 5)}", "url": lambda c: f"https://shop.example/p/{digits(c, 6)}", "lot": lambda c: f"{digits(c, 3)}-{digits(c, 2)}", "temperature": lambda c: round(float(c.normal(15, 8)), 1),
    "rating": lambda c: int(c.integers(1, 6)), "session_length": lambda c: int(c.integers(10**8, 10**9)), "account_type": lambda c: str(c.choice(["basic", "pro", "team", "free"])), "card_color": lambda c: str(c.choice(["red", "gold", "black", "blue"])), "latency": lambda c: round(float(c.gamma(2, 20)), 3),
    "region_code": lambda c: f"{c.choice(['EU', 'US', 'AP'])}-{c.integers(1, 9)}", "review": lambda c: " ".join(c.choice("the old map shows a quiet river near seven green hills".split(), 9)), "duration": lambda c: f"{c.integers(0, 9)}:{c.integers(10, 60)}:{c.integers(10, 60)}", "batch": lambda c: int(c.integers(10**10, 10**11)),
}  # fmt: skip


def harmless_columns(*, seed: int, n: int = 300) -> dict[str, list[Any]]:
    """Columns that are not personal."""
    c = np.random.default_rng(seed)
    return {name: [make(c) for _ in range(n)] for name, make in HARMLESS.items()}
