"""Authored texts with and without personal data; none of it is anybody's.

What begins or ends a text is as in real ones; addresses are of hosts that nobody has, card and account numbers are put
together so that their check digits are right.
"""

from __future__ import annotations

import random

from redpyjama.kernels.personal_numbers import IBAN_LENGTHS
from tests.steps.span_scores import Item

_EMAIL_TEXTS = (
    "Contact: {}", "Please write to {}.", "<a href='mailto:{}'>mail us</a>", "Author: Jane Roe <{}>", "({})",
    "questions? {}, comments?", "mailto:{}?subject=hello", "e-mail:{}", "联系{}或电话", "Schreiben Sie an „{}“!",
    '"email": "{}",', "{} wrote:", "Signed-off-by: J. Roe <{}>", "users={};admins=none", "[{}]", "to {}; cc no one",
    "reach me at {}!", "@jroe {} #contact", "{}", "- {}\n- and others", "Пишите на {}.", "https://site.test/?to={}&x=1",
)  # fmt: skip
_EMAILS = (
    "jane.roe@uni-nowhere.de", "j_roe+lists@mail.nowhere.co.uk", "roe@nowhere.io", "JANE.ROE@NOWHERE.COM", "o'roe@nowhere.ie",
    "12345678@nowhere.cn", "jané@nöwhere.de", "пётр@нигде.рф", "j-roe@sub.dept.nowhere.edu", "r@x.co",
    "info@nowhere.museum", "x.y.z@nowhere.xn--p1ai",
)  # fmt: skip
_HARD_EMAILS = (
    ("Mail: jane.roe (at) nowhere (dot) edu", "jane.roe (at) nowhere (dot) edu"),
    ("jane.roe [at] nowhere.edu", "jane.roe [at] nowhere.edu"),
    ('"jane roe"@nowhere.com', '"jane roe"@nowhere.com'),
    ("write to jane@[93.184.216.34]", "jane@[93.184.216.34]"),
)
_IP_TEXTS = (
    "Connection from {} port 22", "{} - - [12/Oct/2023:06:25:24 +0000] \"GET / HTTP/1.1\" 200 512", "ping {}", "({})",
    "User {} edited the page", "ip={}", "X-Forwarded-For: {}", "blocked {}, {{}} and others", "host {}.",
)  # fmt: skip
_IPV4 = ("93.184.216.34", "81.2.69.142", "151.101.1.69", "212.58.244.20", "45.33.32.156", "8.26.56.26")
_IPV6 = ("2a00:1450:4001:81b::200e", "2606:4700:4700::1111", "2001:4860:4860:0:0:0:0:8888", "2A02:8108:8A40:2F4C::1")
_HARD_IPS = (("see 93.184[.]216.34 in the log", "93.184[.]216.34"), ("1.1.1.1 answered", "1.1.1.1"))
_PHONES = (
    ("Call me: {}", "+49 30 12345678"), ("{} is my number", "+1 212 555 7788"), ("Tel.: {}", "+44 (0)20 7946 0991"),
    ("Phone: {}", "(212) 555-7788"), ("call {} now", "212-555-7788"), ("call {}.", "1-800-555-7788"),
    ("fax {}", "212.555.7788"), ("Tel. {}", "030/1234567"), ("Telefon: {}", "0228 73 12 34"), ("Fax: {}", "(030) 123 45 67"),
    ("Mobile: {}", "0171 1234567"), ("Handy {}", "0171-1234567"), ("Tél. : {}", "01 23 45 67 89"), ("Tél: {}", "01.23.45.67.89"),
    ("Teléfono: {}", "91 123 45 67"), ("Тел.: {}", "8 (495) 123-45-67"), ("电话：{}", "010-12345678"), ("手机：{}", "13812345678"),
    ("TEL {}", "03-1234-5678"), ("☎ {}", "0721 123456"), ("WhatsApp: {}", "+55 11 91234-5678"), ("({})", "+33 1 23 45 67 89"),
    ("{} (office)", "0049 89 1234567"), ("Phone {} ext. 12", "212-555-7788"), ("tel:{}", "+14155557788"),
    ("Phone no: {}", "5551234"), ("Ring {}", "+61 2 9876 5432"), ("{} oder per Mail", "+43 1 5123456"), ("SMS: {}", "+358401234567"),
    ("office {} / home", "+1-212-555-7788"), ("fax number: {}", "212 555 7788"), ("Call {} to book", "(800)555-7788"),
    ("Tel {}", "+91 98765 43210"), ("phone: {};", "+82-2-123-4567"), ("Mob: {}", "07700 900461"), ("Ph. {}", "02 9876 5432"),
    ("contact {} today", "+971 4 123 4567"), ("Telefone: {}", "(11) 3123-4567"), ("전화: {}", "02-123-4567"),
    ("Telefax {}", "0711/123-456"),
)  # fmt: skip
_HARD_PHONES = (
    ("Berlin, 030 1234567", "030 1234567"), ("London 020 7946 0991", "020 7946 0991"), ("John 212 555 7788", "212 555 7788"),
    ("Ruf an: 0171/1234567", "0171/1234567"), ("Telephone exchange opened. Dial 5551234", "5551234"),
    ("1 (212) 555 77 88 for tickets", "1 (212) 555 77 88"),
)  # fmt: skip
_CARD_TEXTS = (
    "Card: {}", "pay with {} 12/27 123", "cc={};", "number {}, thanks", "{}", "Visa {} was declined", '"pan": "{}"',
)  # fmt: skip
_CARD_FORMS = (("4", (4, 4, 4, 4)), ("4", (16,)), ("53", (4, 4, 4, 4)), ("2221", (16,)), ("37", (4, 6, 5)), ("34", (15,)),
               ("6011", (4, 4, 4, 4)), ("36", (4, 6, 4)), ("3530", (16,)), ("62", (4, 4, 4, 4, 3)))  # fmt: skip
_IBAN_TEXTS = ("IBAN: {}", "Konto {}, Bank", "pay to {}.", '"iban":"{}"', "{}")

_NOTHING = (
    ("version", "released version 12.10.3.44 today"), ("version", "v10.22.33.44"), ("version", "1.2.3.4 Scope"),
    ("version", "see section 10.11.12.13"), ("version", "glibc 2.31.0.10.2"), ("version", "Build: 10.0.19041.1288"),
    ("oid", "1.3.6.1.4.1.311.21.20"), ("ip", "192.168.178.20 is the printer"), ("ip", "127.0.0.1:8080"), ("ip", "10.11.12.13"),
    ("ip", "255.255.255.0"), ("ip", "192.0.2.14 in examples"), ("ip", "300.12.13.14"), ("ip", "2001:db8::8a2e:370:7334"),
    ("ip", "fe80::1ff:fe23:4567:890a"), ("ip", "::1"), ("time", "2023:10:15 12:30:45"), ("code", "std::vector<int> face::b00k"),
    ("mac", "3c:22:fb:10:20:30"), ("handle", "@jane_roe said"), ("handle", "follow @nowhere.social"), ("decorator", "@app.route('/')"),
    ("email", "user@example.com"), ("email", "you@mail.example.org"), ("email", "root@localhost"), ("email", "a@b"),
    ("email", "someone@host.invalid"), ("file", "icon@2x.png"), ("file", "logo@3x.jpg"), ("package", "lodash@4.17.21"),
    ("package", "react@18.2.0-rc.1"), ("package", "actions/checkout@v4.1.0"), ("repository", "git@host.nowhere.com:jroe/site.git"),
    ("unit", "getty@tty1.service"), ("maths", "A@B.T"), ("maths", "x = y @ w.T"), ("price", "3 apples @ 1.20 each"),
    ("date", "2012-05-12"), ("date", "12.05.2012 12:30"), ("date", "20120512123045"), ("date", "+2023-10-15"), ("date", "10/15/2023"),
    ("isbn", "ISBN 978-3-16-148410-0"), ("isbn", "ISBN 0-306-40615-2"), ("issn", "ISSN 2049-3630"), ("doi", "doi:10.1000/182.2345"),
    ("arxiv", "arXiv:2302.13971v1"), ("money", "$1,234,567.89"), ("money", "EUR 1.234.567,89"), ("number", "3.14159265358979"),
    ("number", "1234567890"), ("number", "there are 7950000000 people"), ("number", "x = 6.02214076e23"), ("number", "-122.4194155"),
    ("coordinates", "52.5200066, 13.404954"), ("coordinates", "40°42'46\"N 74°00'22\"W"), ("id", "order 4006381333931"),
    ("id", "tweet 1590123456789012345"), ("id", "id=4111111111111112"), ("id", "PMID: 12345678"), ("id", "US patent 5,960,411"),
    ("id", "part number 212-555-77889"), ("id", "SKU-212-555-7788"), ("id", "#212-555-7788"), ("id", "case 12-345-678-9012"),
    ("hash", "d41d8cd98f00b204e9800998ecf8427e"), ("hash", "sha1:2fd4e1c67a2d28fced849ee1bb76e7391b93eb12"),
    ("uuid", "123e4567-e89b-12d3-a456-426614174000"), ("uuid", "550e8400-e29b-41d4-a716-446655440000"),
    ("table", "12 34 56 78 90"), ("table", "300 400 5000"), ("table", "212 555 7788 9911 2233"), ("table", "1990 1991 1992 1993"),
    ("score", "won 212-155"), ("range", "pages 212-219"), ("range", "1939-1945"), ("zip", "Washington, DC 20500-0003"),
    ("film", "call 212-555-0123"), ("film", "(212) 555-0199"), ("card", "4111 1111 1111 1112"), ("card", "1234 5678 9012 3456"),
    ("card", "5555-5555-5555-4445"), ("card", "0000 0000 0000 0000"), ("iban", "DE88 3704 0044 0532 0130 00"), ("iban", "GB82WEST1234569876543"),
    ("iban", "XX12 3456 7890 1234"), ("iban", "ISO12 3456"), ("label", "phone 1000000 times"), ("label", "hotel: 5551234"),
    ("label", "Tel Aviv 1948"), ("label", "cell 12 of table 345"), ("label", "phone 12 Pro Max 2020"), ("label", "mobile: 2021"),
    ("diff", "+1234567 bytes"), ("diff", "@@ -12,7 +12,9 @@"), ("diff", "+20231015"), ("hex", "0x00491234567"), ("octal", "0015671234"),
    ("maths", "2+2=4 and 12345+6789012345=x"), ("maths", "f(212)555-7788"), ("url", "http://site.test/212-555-7788"),
    ("url", "https://site.test/p/5555555555554444"), ("phone", "dial 911"), ("phone", "emergency: 112"), ("ratio", "16:9 4:3"),
    ("colour", "#1234567890"), ("time", "12:30-14:45"), ("size", "1920x1080"), ("float", "0.30000000000000004"),
    ("quantity", "about 5 555 555 555 of them"), ("law", "42 U.S.C. 1983"), ("chess", "1.e4 e5 2.Nf3"), ("dna", "ACGT 1234 ACGT"),
    ("music", "BWV 1004-1006"), ("bible", "John 3:16-18"), ("legal", "No. 212-CV-5577"), ("stock", "600519.SH"), ("ean", "EAN 4006381333931"),
    ("bytes", "41 11 11 11 11 11 11 11"), ("row", "4111,1111,1111,1111"), ("barcode", "036000291452"), ("vin", "1HGCM82633A004352"),
    ("math", "10^15 = 1000000000000000"), ("unix", "1697371845"), ("millis", "1697371845123"), ("build", "20231015.1234"),
    ("phone", "iPhone 15 Pro 256"), ("fax", "the fax of 1843 to 1860"), ("call", "call 3 of 10"), ("ext", "see ext. 1234567"),
    ("at", "met @ 8.30 pm"), ("at", "john @ work"), ("mention", "cc @jroe, @mroe."), ("schema", "{@code foo.bar}"), ("java", "@Override.Foo"),
    ("css", "@media.screen"), ("path", "/home/user@host/file.txt"), ("scope", "@babel/core"), ("scope", "npm i @types/node@20.8.6"),
    ("perl", "@array.length"), ("latex", "\\foo@bar.baz1"), ("tex", "\\@startsection.x"), ("ssh", "hg@code.nowhere.com/x"),
    ("cite", "Smith (1999) 212-219"), ("isbn", "ISBN-13: 9783161484100"), ("sin", "sin(3.0)4.0"), ("grid", "3 4 5\n6 7 8"),
)  # fmt: skip
_HARD_NOTHING = (
    ("message-id", "Message-ID: <20231015.4711@news.nowhere.com>"),
    ("version", "the 10.22.33.44 firmware"),
    ("jabber", "chat room lobby@conference.nowhere.com"),
    ("test card", "use 4242 4242 4242 4242 to test"),
    ("serial", "unit 212-355-7788 of the plan"),
)


def _card(rng: random.Random, prefix: str, groups: tuple[int, ...]) -> str:
    size = sum(groups)
    digits = prefix + "".join(rng.choice("0123456789") for _ in range(size - len(prefix) - 1))
    total = sum(sum(divmod(2 * int(d), 10)) if i % 2 == 0 else int(d) for i, d in enumerate(reversed(digits)))
    digits += str(-total % 10)
    parts = [digits[sum(groups[:i]) : sum(groups[: i + 1])] for i in range(len(groups))]
    return rng.choice(" -").join(parts)


def _iban(rng: random.Random, country: str, fours: bool) -> str:
    rest = "".join(rng.choice("0123456789") for _ in range(IBAN_LENGTHS[country] - 4))
    check = 98 - int("".join(str(int(c, 36)) for c in rest + country + "00")) % 97
    whole = f"{country}{check:02}{rest}"
    return " ".join(whole[i : i + 4] for i in range(0, len(whole), 4)) if fours else whole


def positives(seed: int = 0) -> list[Item]:
    """Return texts with one piece of personal data each; the seed draws what is written around and the numbers."""
    rng = random.Random(seed)
    items = [
        Item("email", text.format(value), value)
        for i, text in enumerate(_EMAIL_TEXTS)
        for value in (_EMAILS[i % len(_EMAILS)], _EMAILS[(5 * i + 3) % len(_EMAILS)])
    ]
    for i, text in enumerate(_IP_TEXTS):
        for value in (_IPV4[i % len(_IPV4)], _IPV6[i % len(_IPV6)]):
            items.append(Item("ip_address", text.format(value), value))
    items += [Item("phone_number", text.format(value), value) for text, value in _PHONES]
    for i, (prefix, groups) in enumerate(_CARD_FORMS):
        for text in (_CARD_TEXTS[i % len(_CARD_TEXTS)], _CARD_TEXTS[(i + 3) % len(_CARD_TEXTS)]):
            value = _card(rng, prefix, groups)
            items.append(Item("card_number", text.format(value), value))
    countries = rng.sample(sorted(IBAN_LENGTHS), 20)
    for i, country in enumerate(countries):
        value = _iban(rng, country, i % 2 == 0)
        items.append(Item("iban", _IBAN_TEXTS[i % len(_IBAN_TEXTS)].format(value), value))
    for kind, hard in (("email", _HARD_EMAILS), ("ip_address", _HARD_IPS), ("phone_number", _HARD_PHONES)):
        items += [Item(kind, text, value) for text, value in hard]
    return items


def negatives() -> list[Item]:
    """Return texts without personal data that look like it; the last ones are hard."""
    return [Item(kind, text) for kind, text in (*_NOTHING, *_HARD_NOTHING)]


ITEMS = [*positives(), *negatives()]
