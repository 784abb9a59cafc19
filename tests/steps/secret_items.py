"""Authored texts with and without secrets.

No secret stands in this file: each is drawn from a seed when it is asked for, and what providers' scanners look for is
put together from parts.
"""

from __future__ import annotations

import base64
import json
import random
import string
import uuid
import zlib
from collections.abc import Callable, Iterator

from tests.steps.span_scores import Item

LOWER, UPPER, DIGITS = string.ascii_lowercase, string.ascii_uppercase, string.digits
ALNUM = DIGITS + UPPER + LOWER
URL_SAFE = ALNUM + "-_"
HEX = DIGITS + "abcdef"


class Draw:
    """What secrets and look-alikes are made of."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def of(self, alphabet: str, length: int) -> str:
        return "".join(self.random.choice(alphabet) for _ in range(length))

    def mixed(self, length: int) -> str:
        """Letters and digits, all three classes among them."""
        while True:
            text = self.of(ALNUM, length)
            if all(any(c in alphabet for c in text) for alphabet in (LOWER, UPPER, DIGITS)):
                return text

    def bytes(self, count: int) -> bytes:
        return self.random.randbytes(count)

    def base64(self, count: int) -> str:
        return base64.b64encode(self.bytes(count)).decode()

    def hex(self, length: int) -> str:
        return self.of(HEX, length)

    def uuid(self) -> str:
        return str(uuid.UUID(bytes=self.bytes(16), version=4))

    def checksummed(self, prefix: str, length: int = 30) -> str:
        body = self.of(ALNUM, length)
        return prefix + body + base62(zlib.crc32(body.encode()))

    def jwt(self, header: dict[str, str], claims: dict[str, object]) -> str:
        parts = [json.dumps(part, separators=(",", ":")).encode() for part in (header, claims)] + [self.bytes(32)]
        return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts)

    def pem(self, label: str, count: int, end: str = "\n") -> str:
        body = self.base64(count)
        lines = [body[i : i + 64] for i in range(0, len(body), 64)]
        return end.join(["-----" + f"BEGIN {label}-----", *lines, "-----" + f"END {label}-----"])

    def password(self, length: int = 12) -> str:
        return self.of(LOWER, length - 4) + self.of(UPPER, 1) + self.of(DIGITS, 2) + self.of("!#$%*+", 1)


def base62(number: int) -> str:
    digits = ""
    for _ in range(6):
        number, digit = divmod(number, 62)
        digits = ALNUM[digit] + digits
    return digits


PLACES = (
    'const key = "{}";\n',
    "export TOKEN={}\n",
    "key: {}\n",
    '{{"value": "{}", "n": 1}}',
    "curl -H 'X-Key: {}' https://api.service.io/v1\n",
    "# old one, revoke it: {}",
    "client = Client('{}')",
    "<td>{}</td>",
    "KEY={}\nNEXT=1\n",
    "log.debug(`using {}`)",
    "it is ({}).",
    '"line one\\n{}\\nline three"',
)
"""Where tokens of a form of their own stand."""


def _formed(draw: Draw) -> dict[str, list[Callable[[], str]]]:
    return {
        "aws_access_key_id": [lambda p=p: p + draw.of(UPPER + "234567", 16) for p in ("AK" + "IA", "AS" + "IA")],
        "github": [
            *(lambda p=p: draw.checksummed(f"gh{p}_") for p in "pous"),
            lambda: draw.checksummed("gh" + "r_", 70),
            lambda: "github" + "_pat_" + draw.mixed(22) + "_" + draw.mixed(59),
        ],
        "gitlab": [
            *(lambda p=p: f"gl{p}-" + draw.of(URL_SAFE, 20) for p in ("pat", "dt", "rt")),
            lambda: "gl" + "pat-" + draw.of(URL_SAFE, 30) + ".01." + draw.of(DIGITS + LOWER, 9),
        ],
        "slack": [
            lambda: "xo" + f"xb-{draw.of(DIGITS, 12)}-{draw.of(DIGITS, 13)}-{draw.mixed(24)}",
            lambda: "xo" + f"xp-{draw.of(DIGITS, 11)}-{draw.of(DIGITS, 11)}-{draw.of(DIGITS, 12)}-{draw.hex(32)}",
            lambda: "xa" + f"pp-1-A0{draw.of(UPPER + DIGITS, 9)}-{draw.of(DIGITS, 13)}-{draw.hex(64)}",
        ],
        "google": [lambda: "AI" + "za" + draw.of(URL_SAFE, 35), lambda: "GOC" + "SPX-" + draw.of(URL_SAFE, 28)],
        "stripe": [lambda: "sk" + "_live_" + draw.mixed(24), lambda: "rk" + "_live_" + draw.mixed(99)],
        "openai": [
            lambda: "s" + "k-" + draw.mixed(20) + "T3Blbk" + "FJ" + draw.mixed(20),
            lambda: "s" + "k-proj-" + draw.of(URL_SAFE, 74) + "T3Blbk" + "FJ" + draw.of(URL_SAFE, 74),
        ],
        "anthropic": [lambda: "sk-" + "ant-api03-" + draw.of(URL_SAFE, 93) + "AA"],
        "huggingface": [lambda: "h" + "f_" + draw.of(UPPER + LOWER, 34)],
        "npm": [lambda: draw.checksummed("np" + "m_")],
        "pypi": [lambda: "py" + "pi-AgEIcHlwaS5vcmc" + draw.of(URL_SAFE, 150)],
        "sendgrid": [lambda: "S" + "G." + draw.of(URL_SAFE, 22) + "." + draw.of(URL_SAFE, 43)],
        "twilio": [lambda p=p: p + draw.hex(32) for p in ("S" + "K", "A" + "C")],
        "telegram": [lambda: draw.of("123456789", 10) + ":A" + "A" + draw.of(URL_SAFE, 33)],
        "jwt": [
            lambda: draw.jwt({"alg": "HS256", "typ": "JWT"}, {"sub": draw.of(DIGITS, 9), "iat": 1516239022}),
            lambda: draw.jwt({"typ": "JWT", "alg": "RS256", "kid": draw.hex(8)}, {"scope": ["read", "write"]}),
        ],
    }


def _pems(draw: Draw) -> Iterator[Item]:
    for text, label, count, end in (
        ("{}\n", "RSA PRIVATE KEY", 1190, "\n"),
        ("{}", "PRIVATE KEY", 1217, "\n"),
        ("key = '''\n{}\n'''\n", "EC PRIVATE KEY", 121, "\n"),
        ('{{"type": "service_account", "private_key": "{}\\n"}}', "PRIVATE KEY", 1217, "\\n"),
        ("-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n{}\n", "PRIVATE KEY", 48, "\n"),
        ("  tls.key: |\n    {}\n", "ENCRYPTED PRIVATE KEY", 300, "\n    "),
        ("{}\r\n", "OPENSSH PRIVATE KEY", 400, "\r\n"),
        ("{}", "PGP PRIVATE KEY BLOCK", 2000, "\n"),
    ):
        pem = draw.pem(label, count, end)
        yield Item("private_key", text.format(pem), pem)


AWS_SECRETS = (
    'aws_secret_access_key = "{}"', "AWS_SECRET_ACCESS_KEY={}\n", "secretAccessKey: '{}',", '"aws_secret_key": "{}"',
    "<AwsSecretKey>{}</AwsSecretKey>", "os.environ['AWS_SECRET_ACCESS_KEY'] = '{}'",
    'setAmazonSecret("{}");', "aws configure set aws_secret_access_key {}\n",
)  # fmt: skip

ADDRESSES = (
    "postgres://app:{}@db.internal.acme.io:5432/main", "DATABASE_URL=mysql://root:{}@10.0.0.4/x",
    'redis_url: "redis://:{}@cache.acme.io:6379"', "git clone https://bot:{}@git.acme.io/a/b.git",
    "mongodb+srv://svc-user:{}@cluster0.ab1cd.mongodb.net/?retryWrites=true", "amqp://worker:{}@localhost:5672//",
    "ftp://deploy:{}@files.acme.io/incoming", "http_proxy=http://j.doe:{}@proxy.acme.io:3128",
)  # fmt: skip

PASSWORDS = (
    'password = "{}"', "DB_PASSWORD: '{}'", '"passwd": "{}",', "define('DB_PASS', '{}');", 'pwd := "{}"',
    "const smtpPassword: string = '{}';", "if password == '{}':", 'conn.login(user, password="{}")',
)  # fmt: skip


def _by_name(draw: Draw) -> Iterator[tuple[str, str]]:
    yield 'api_key = "{}"', draw.mixed(32)
    yield "API_KEY={}\n", draw.mixed(40)
    yield "apiKey: '{}',", draw.hex(32)
    yield '{{"client_secret": "{}"}}', draw.of(URL_SAFE, 40)
    yield "'token' => '{}',", draw.hex(40)
    yield 'auth_token := "{}"', draw.mixed(24)
    yield 'SECRET_KEY = "{}"', draw.of(LOWER + DIGITS + "!@#$%^&*(-_=+)", 50)
    yield "secret: {}\n", draw.base64(32)
    yield 'private static final String ACCESS_TOKEN = "{}";', draw.mixed(36)
    yield "Authorization: Bearer {}\n", draw.mixed(48)
    yield 'headers = {{"Authorization": "Bearer {}"}}', draw.of(URL_SAFE, 64)
    yield 'const TOKEN: &str = "{}";', draw.mixed(28)
    yield "https://api.acme.io/v1/x?access_token={}&n=1", draw.mixed(40)
    yield "<add key=\"ApiKey\" value='{}'/>", draw.mixed(32)
    yield "<password>{}</password>", draw.mixed(32)
    yield 'os.environ["SESSION_SECRET"] = "{}"', draw.base64(33)
    yield 'setApiKey("{}")', draw.mixed(30)
    yield 'password = "{}"', draw.mixed(24)
    yield 'x = "{{\\"token\\": \\"{}\\"}}"', draw.hex(32)
    yield 'token <- "{}"', draw.mixed(22)
    yield "encryption_key: '{}'", draw.hex(64)
    yield 'my-service-token = "{}"', draw.of(LOWER + DIGITS, 32)
    yield "signing_key={}\n", draw.base64(48)
    yield 'credentials = b"{}"', draw.mixed(33)


def _missed(draw: Draw) -> Iterator[tuple[str, str, str]]:
    """Secrets that nothing tells from what is none; they count against recall."""
    yield "generic", 'api_key = "{}"', draw.uuid()
    yield "generic", 'token = "{}"', draw.of(LOWER, 32)
    yield "generic", 'k = "{}"', draw.mixed(32)
    yield "password", 'password = "{}"', "correct-horse-battery"
    yield "password", "password: {}\n", draw.password()
    yield "url_password", "mysql://shop:{}@db.acme.io", "secret99x"


def positives(seed: int = 20240611) -> list[Item]:
    """Return texts with one secret each."""
    draw = Draw(seed)
    items: list[Item] = []
    for kind, makers in _formed(draw).items():
        for i in range(max(8, len(makers))):
            secret = makers[i % len(makers)]()
            items.append(Item(kind, PLACES[(i + len(items)) % len(PLACES)].format(secret), secret))
    for i in range(4):
        parts = [draw.of(UPPER + DIGITS, 9), draw.of(UPPER + DIGITS, 10 + i % 2), draw.mixed(24)]
        secret = "/".join(("T" + parts[0], "B" + parts[1], parts[2]))
        items.append(Item("slack", f"url = 'https://hooks.{'slack'}.com/services/{secret}'", secret))
    items += _pems(draw)
    for kind, contexts, make in (
        ("aws_secret_key", AWS_SECRETS, lambda: draw.mixed(38) + "+" + draw.of(ALNUM, 1)),
        ("url_password", ADDRESSES, lambda: draw.mixed(14)),
        ("password", PASSWORDS, draw.password),
    ):
        for context in contexts:
            secret = make()
            items.append(Item(kind, context.format(secret), secret))
    items += [Item("generic", context.format(secret), secret) for context, secret in _by_name(draw)]
    items += [Item(kind, context.format(secret), secret) for kind, context, secret in _missed(draw)]
    return items


PLACEHOLDERS = (
    'api_key = "YOUR_API_KEY_HERE_1234567890"', "API_KEY=your-api-key-goes-here-0123456789", "token: <your token>",
    'password = "changeme"', "password: ${DB_PASSWORD}", "secret = os.environ['SECRET_KEY']", 'secret = "{{ vault.x }}"',
    'apiKey: "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"', "token=$(cat /run/secrets/token)", 'SECRET_KEY = "change-me-before-2030!"',
    'api_key="00000000-0000-0000-0000-000000000000"', 'token = "0123456789abcdef0123456789abcdef"',
    'secret = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"', 'password = "********"', 'api_key = "insert-key-here-A1B2C3D4E5F6G7"',
    'client_secret: "fake-Client-Secret-99-For-Unit-Tests"', 'token = "test-token-1A2b3C4d5E6f7G8h"',
    'password="hunter2"', 'auth_key = "put your unique phrase here"', "token: null", 'api_key: ""', "secret: !vault |",
    'access_key = "%(access_key)s"', "password = getpass.getpass()", 'API_TOKEN="${{ secrets.API_TOKEN }}"',
    'token = f"{prefix}-{number}-{suffix}"', 'secret_key = "REPLACE_ME_WITH_32_RANDOM_BYTES"',
    'password = "abcdefghijklmnopqrstuvwxyz0123456789"', 'token = "deadbeefdeadbeefdeadbeefdeadbeef"',
    'pwd = "/usr/local/share/App-2.0/Lib3"', 'Password: "Enter your password (min. 8 characters)"',
    'api_key = settings.SERVICES["maps"].api_key2', 'password="qwerty12345ABC"', "api_key = API_KEYS[ENV_NAME_2]",
)  # fmt: skip

CODE = (
    "for token in tokenizer.tokenize(text2):\n    yield token.lower()", "max_tokens: 4096, temperature: 0.7",
    "def get_secret_value(self) -> SecretStr: ...", 'raise ValueError("Token must not be empty!")',
    "token = self._next_token(kind=TokenKind.NAME2)", "private_key_path = '~/.ssh/id_ed25519'",
    '"tokenizer_class": "LlamaTokenizerFast2", "bos_token": "<|begin_of_text|>"',
    "const passwordRegex = /^(?=.*[A-Z])(?=.*\\d)[A-Za-z\\d@$!%*?&]{8,}$/;", "password_hash = hashlib.sha256(password).hexdigest()",
    'PASSWORD_PATTERN = "^(?=.*[0-9])(?=.*[a-z])(?=.*[A-Z]).{8,32}$"', 'api_key_header = "X-Api-Key-V2-Authorization"',
    "ForgotPasswordRequestValidator2FactoryBean passwordValidator = new ForgotPasswordRequestValidator2FactoryBean();",
    "if (token === TokenTypes.IDENTIFIER_2) { pos++; }", 'token_url = "https://auth.acme.io/oauth2/v2.0/token"',
    '"secretName": "prod-db-credentials-v2-eu-west-1"', "secret_id: 'projects/1234567890/secrets/db-pass-2/versions/3'",
    '<input type="password" name="password" id="loginPassword1" class="form-control-2">',
    "--password-store=basic --token-endpoint=http://127.0.0.1:8080", 'csrf_token_name = "csrf_middleware_token_2"',
    "AuthenticationTokenExpiredException2HandlerRegistration.register(AccessTokenResponseClient3)",
    'password_label = "Contraseña o número 2"', 'export const RESET_PASSWORD_2FA = "auth/RESET_PASSWORD_2FA";',
    'PublicKeyToken="b77a5c561934e089", Version=4.0.0.0', "keys = sorted(d.keys(), key=lambda k: k[1])",
    "TOKEN_ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'",
    'foreignKey: "customer_address_id_2", primaryKey: "order_line_item_id_10"', 'tokenType: "urn:ietf:params:oauth:token-type:jwt"',
    "passwordLastChanged: '2016-09-08T21:47:36Z'", 'token: "application/vnd.api+json;v=2"',
    "pass = 0\nfail = 1\nwith open(path) as f:\n    pass", "token_ids = [101, 7592, 2088, 102]", "key = (a1, b2, c3)",
    "risk-adjusted task-force desk-based disk-T3-controller mask-ant-hill", "SG.PTE.LTD. and Singapore (SG. code 65)",
    "self.hf_text_config_with_rope_scaling_parameters = hf_config",
    'ToggleShowPassword("input_75_2")', 'hast du dein Passwort?","answer1Link","Seite 2"',
    "eyJ is what a JSON object starts with in base64",
)  # fmt: skip

ADDRESSES_WITHOUT = (
    "postgres://user:password@localhost:5432/db", "http://localhost:8080/a@b", "mysql://root:root@127.0.0.1/x",
    "https://user:pass@example.com/path", "mongodb://<username>:<password>@cluster0.mongodb.net", "redis://localhost:6379/0",
    "amqp://guest:guest@rabbitmq:5672", "postgres://${USER}:${PASSWORD}@${HOST}/db", "https://medium.com/@someone/title-2f3a",
    "http://$USER:$PASS@proxy:3128", "https://host:443/a:b@c", "ssh://git@github.com:22/a/b.git", "ftp://anonymous:guest@ftp.x.org",
    "scheme://user:k3yW0rdz@host/path", "https://t.co:8080@evil", "https://bot:R7tq2Wz9@docs.example.com/", "http://a:xxx@b.io",
    "postgresql://postgres:postgres@db/app", "http://{user}:{password}@{host}:{port}", "https://x:%s@api.github.com",
    "github://org:repo@sha/path",
)  # fmt: skip


def _hashes(draw: Draw) -> Iterator[tuple[str, str]]:
    for context in ("commit {}\nAuthor: A <a@b.c>", '"sha": "{}",', "uses: actions/checkout@{}", "{}  src/main.c"):
        yield "git hash", context.format(draw.hex(40))
    for context in ('hash = "{}"', "sha256:{}", "--hash=sha256:{}", 'checksum = "{}"', "FROM python@sha256:{}"):
        yield "digest", context.format(draw.hex(64))
    for context in ('id = "{}"', "uuid: {}", "/users/{}/posts", "GUID('{}')", "token_id={}", 'secret_id = "{}"'):
        yield "uuid", context.format(draw.uuid())
    for context in (
        "md5: {}",
        'ETag: "{}"',
        "trace_id={}",
        "password_hash: '{}'",
        "passwordDigest = '{}'",
        "token_hash={}",
    ):
        yield "digest", context.format(draw.hex(32))
    yield "password hash", "passwd_hash = '$2b$12$" + draw.of(ALNUM + "./", 53) + "'"
    yield "password hash", "root:$6$" + draw.mixed(8) + "$" + draw.of(ALNUM + "./", 86) + ":18000:0:99999:7:::"


def _encoded(draw: Draw) -> Iterator[tuple[str, str]]:
    for name, count in (("png", 300), ("jpeg", 1000), ("gif", 60), ("webp", 500)):
        yield "image", f"<img src='data:image/{name};base64,{draw.base64(count)}'>"
    for name in ("woff2", "ttf"):
        yield "font", f"@font-face{{src:url(data:font/{name};base64,{draw.base64(900)})}}"
    for context in ('"integrity": "sha512-{}"', "integrity sha512-{}", '<script integrity="sha384-{}">', "  - sha1-{}"):
        yield "integrity", context.format(draw.base64(64))
    yield "lock file", f"golang.org/x/text v0.3.8 h1:{draw.base64(32)}\n"
    yield "lock file", f'[[package]]\nname = "token"\nversion = "1.2.3"\nchecksum = "{draw.hex(64)}"\n'
    yield (
        "lock file",
        f'"node_modules/secret": {{"resolved": "https://r.io/secret-2.1.tgz", "integrity": "sha1-{draw.base64(20)}"}}',
    )
    yield "lock file", f'"reference": "{draw.hex(40)}", "shasum": ""'
    yield "lock file", f"{{file = 'token-1.0.whl', hash = 'sha256:{draw.hex(64)}'}}"
    yield "public key", "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABgQ" + draw.base64(390) + " me@host"
    yield "public key", draw.pem("PUBLIC KEY", 290)
    yield "public key", draw.pem("CERTIFICATE", 800)
    yield "public key", draw.pem("PGP PUBLIC KEY BLOCK", 800)
    yield "public key", f'publicKey = "{draw.base64(32)}"'
    yield "public key", "pk" + f"_live_{draw.mixed(24)}"
    yield "no private key", "-----BEGIN" + " RSA PRIVATE KEY-----\n...\n-----END RSA PRIVATE KEY-----"
    yield (
        "no private key",
        "-----BEGIN"
        + " PRIVATE KEY-----\nYOUR KEY GOES HERE, ALL OF IT, WITH THE LINE BREAKS THAT IT HAS IN THE FILE\n-----END PRIVATE KEY-----",
    )
    yield "no private key", "if line.startswith('-----BEGIN" + " RSA PRIVATE KEY-----'): " + "x = 1; " * 40
    yield "no private key", '"-----BEGIN' + ' EC PRIVATE KEY-----", "-----END EC PRIVATE KEY-----"'
    yield "cursor", f'"NextContinuationToken": "{draw.base64(33)}"'
    yield "source map", '{"version":3,"mappings":"AAAA,SAASA,GAAGC,CAAC;IACX' + draw.of(UPPER + ",;", 400) + '"}'


def _look_alikes(draw: Draw) -> Iterator[tuple[str, str]]:
    gh, npm, akia = "gh" + "p_", "np" + "m_", "AK" + "IA"
    for prefix in (gh, npm, "gh" + "s_"):
        yield "wrong checksum", f"t = '{prefix}{draw.of(ALNUM, 30)}000000'"
    yield "documented", f"{akia}IOSFODNN7EXAMPLE"
    yield "documented", "aws_secret_access_key = wJalrXUtnFEMI" + "/K7MDENG/bPxRfiCYEXAMPLEKEY"
    yield "too long", f'"{draw.base64(60).rstrip("=")}{akia}{draw.of(UPPER + "234567", 16)}{draw.mixed(40)}"'
    yield "too short", f"{akia}{draw.of(UPPER + '234567', 12)}"
    yield "too short", f"gl{'pat'}-{draw.of(URL_SAFE, 12)}"
    yield "too short", "AI" + f"za{draw.mixed(20)}"
    yield "placeholder", f"{gh}xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
    yield "placeholder", "xo" + "xb-123456789012-1234567890123-AbCdEfGhIjKlMnOpQrStUvWx"
    yield "placeholder", "xo" + "xb-your-slack-bot-token-goes-here"
    yield "placeholder", "https://hooks.slack.com/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX"
    yield "placeholder", "s" + "k-ant-api03-" + "x" * 95
    yield "placeholder", "s" + "k-" + "x" * 20 + "T3Blbk" + "FJ" + "x" * 20
    yield "placeholder", "h" + "f_" + "x" * 34
    yield "test key", "sk" + f"_test_{draw.mixed(24)}"
    yield (
        "no token",
        base64.urlsafe_b64encode(b'{"name":"value","n":1}').decode().rstrip("=")
        + "."
        + draw.mixed(40)
        + "."
        + draw.mixed(43),
    )
    yield "no token", "eyJ" + draw.mixed(30) + "." + draw.mixed(30) + "." + draw.mixed(43)
    yield "identifier", "h" + "f_" + "loadPretrainedConfigurationFromFile"
    yield "identifier", "AC" + "CESSLOGFORMATTERFACTORYBEANDEFIN"
    yield "time", "12345678:AAB is not a bot"
    for _ in range(4):
        yield "sequence of bases", draw.of("ACGT", 120)
        yield "vector", f'key = "{draw.hex(32)}"; iv = "{draw.hex(32)}"; expected = "{draw.hex(64)}"'
        yield "colours", "a{color:#" + draw.hex(6) + "}b{background:#" + draw.hex(6) + "}.token-" + draw.hex(5) + "{}"
        variables = ";".join(f"var {draw.of(LOWER, 1)}=e.{draw.of(LOWER, 4)}({draw.of(DIGITS, 3)})" for _ in range(30))
        yield "minified", f"!function(e,t){{{variables};t.token=n,t.secret=function(e){{return e.key}}}}(0,this)"
        yield "numbers", f"api_key_count = {draw.of(DIGITS, 30)}; token = {draw.of(DIGITS, 20)}"
        yield (
            "identifier",
            "secret_" + "_".join(draw.of(LOWER, 5) for _ in range(8)) + " = make_" + draw.of(LOWER, 9) + "()",
        )


def negatives(seed: int = 19991231) -> list[Item]:
    """Return texts without a secret."""
    draw = Draw(seed)
    items = [Item("placeholder", text) for text in PLACEHOLDERS]
    items += [Item("code", text) for text in CODE]
    items += [Item("address", text) for text in ADDRESSES_WITHOUT]
    for make in (_hashes, _encoded, _look_alikes):
        items += [Item(kind, text) for kind, text in make(draw)]
    return items
