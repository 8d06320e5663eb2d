"""Settings of the site, from environment variables, each of which is declared where it is read; ``docs/settings.md``
lists them.

Unset, they make a site for this machine alone, on plain http. ``SITE_URL`` (``https://retouch.example.org``) turns it
into a server: host, CSRF origin and secure cookies follow from it, ``SECRET_KEY`` must be given, and one reverse proxy
is trusted for the visitor's address.
"""

from importlib.metadata import version
from pathlib import Path
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from webapp import configuration
from webapp.environment import Environment, Variable
from webapp.http.error_reports import report_errors

environment = Environment()
BASE_DIR = Path(__file__).resolve().parent.parent

SITE_URL = environment.read(
    "SITE_URL",
    str,
    "",
    "Where visitors reach the site, such as `https://retouch.example.org`. It turns the site into a server: host, CSRF "
    "origin, HSTS and secure cookies follow from it, and one reverse proxy is trusted for the visitor's address.",
    unset="a site for this machine alone, on plain http",
)
_site = urlsplit(SITE_URL)
if SITE_URL and (_site.scheme not in ("http", "https") or not _site.hostname):
    raise ImproperlyConfigured(f"SITE_URL must look like https://retouch.example.org, not {SITE_URL!r}")
_on_https = _site.scheme == "https"

SECRET_KEY = environment.read(
    "SECRET_KEY",
    str,
    "",
    "50 random characters, kept secret; required with `SITE_URL`.",
    unset="made once, and kept in `DATA_DIR/secret_key`",
)
DATA_DIR = environment.read(
    "DATA_DIR",
    Path,
    BASE_DIR / "var",
    "The folder of previews and what is made of them, originals, downloads and collected static files; where "
    "`S3_BUCKET` is set, of static files and of work under way.",
    unset="`var` in the clone",
).absolute()
# Read by editing/files.py, which knows no settings.
environment.variables.append(
    Variable(
        "SAFELIGHT_CACHE",
        Path,
        None,
        "The folder of what is made again where it is gone: the compiled loops of the renderer.",
        unset="`safelight` in `$XDG_CACHE_HOME` or `~/.cache`",
    )
)
configuration.make_folders(DATA_DIR)
if not SECRET_KEY:
    if SITE_URL:
        raise ImproperlyConfigured(
            "SECRET_KEY must be set on a server (SITE_URL is): 50 random characters, kept secret"
        )
    SECRET_KEY = configuration.local_secret_key(DATA_DIR / "secret_key")

ALLOWED_HOSTS = environment.read(
    "ALLOWED_HOSTS",
    list,
    [_site.hostname] if _site.hostname else ["localhost", "127.0.0.1", "[::1]"],
    "The host names that requests may name.",
    unset="the host of `SITE_URL`, else this machine's own names",
)
CSRF_TRUSTED_ORIGINS = environment.read(
    "CSRF_TRUSTED_ORIGINS",
    list,
    [f"{_site.scheme}://{_site.netloc}"] if SITE_URL else [],
    "The origins whose forms are trusted.",
    unset="that of `SITE_URL`, if it is set",
)
DEBUG = environment.read("DEBUG", bool, False, "Show Django's debug pages; never on a server.")
if SITE_URL:
    configuration.check_server(_site.hostname or "", SECRET_KEY, ALLOWED_HOSTS, CSRF_TRUSTED_ORIGINS, debug=DEBUG)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _on_https
SESSION_ENGINE = "webapp.participants.session_store"
# Of players, who have no other way back than their ticket; webapp/logins/sessions.py ends researchers' logins sooner.
SESSION_COOKIE_AGE = 180 * 24 * 3600
# Subdomains and browsers' lists are the owner's of the whole domain to decide on; the proxy leads http to https, and
# probes within the machine come by http.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W008", "security.W021"]
SECURE_HSTS_SECONDS = 30 * 24 * 3600 if _on_https else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _on_https else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
NUMBER_OF_PROXIES = 1 if SITE_URL else 0

INSTALLED_APPS = [
    # First, for its templates: allauth's pages are in the site's own form.
    "webapp",
    "webapp.http",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "webapp.logins",
    "webapp.photos",
    "webapp.participants",
    "webapp.studies",
    "webapp.games",
    "webapp.downloads",
    # Before ratings: as somebody withdraws, nobody can answer any more before what was answered is erased.
    "webapp.judging",
    "webapp.ratings",
    "webapp.quality",
    "webapp.personal_agents",
    "webapp.recruiting",
    "webapp.questionnaires",
    "webapp.datasets",
    "webapp.desk",
    "webapp.backups",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "axes",
    "csp",
    "procrastinate.contrib.django",
]
MIDDLEWARE = [
    "webapp.http.logs.RequestIds",
    "webapp.http.metrics.Metrics",
    "django.middleware.security.SecurityMiddleware",
    "webapp.http.content_security_policy.ContentSecurityPolicy",
    "webapp.http.caching.Caching",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    # Most batches of events go no further: what follows costs more than to store them.
    "webapp.games.short_way.ShortWay",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "webapp.http.languages.Languages",
    "webapp.http.clean_text.CleanText",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "webapp.logins.sessions.ResearcherSessions",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "webapp.logins.second_factor.SecondFactor",
    "axes.middleware.AxesMiddleware",
]
ROOT_URLCONF = "webapp.urls"
WSGI_APPLICATION = "webapp.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "webapp.http.languages.catalogue",
            ],
        },
    },
]

_database_url = environment.read(
    "DATABASE_URL",
    str,
    "",
    "The address of Postgres, `postgresql://user:password@host:port/name`. In the password, `@`, `/`, `#`, `%` and the "
    "like are percent-encoded: `@` is `%40`.",
    unset="the embedded Postgres, if it runs",
)
# A pool suits the site's threads; a command uses one connection and should hear at once that Postgres is away.
_database_pool = environment.read(
    "DATABASE_POOL", bool, False, "Keep connections to Postgres in a pool; `webapp/wsgi.py` turns it on."
)
_by_transaction = environment.read(
    "DATABASE_BY_TRANSACTION",
    bool,
    False,
    "`DATABASE_URL` leads to a PgBouncer in transaction mode: the web processes then do without prepared statements "
    "and server-side cursors. Needs `DATABASE_DIRECT_URL`.",
)
_direct_url = environment.read(
    "DATABASE_DIRECT_URL",
    str,
    "",
    "Where Postgres itself is, past PgBouncer: for migrations, the worker and all other commands, which "
    "listen and lock by session.",
    unset="`DATABASE_URL`",
)
if _by_transaction and not _direct_url:
    raise ImproperlyConfigured(
        "DATABASE_BY_TRANSACTION needs DATABASE_DIRECT_URL: the worker and migrations cannot go through PgBouncer"
    )
if _direct_url and not _database_url:
    raise ImproperlyConfigured("DATABASE_DIRECT_URL is set and DATABASE_URL is not: set both, or DATABASE_URL alone")
if _direct_url and not _database_pool:  # a command
    _database = configuration.postgres(_direct_url, pooled=False, variable="DATABASE_DIRECT_URL")
else:
    _database = configuration.postgres(
        _database_url or configuration.embedded_database_url(), pooled=_database_pool, by_transaction=_by_transaction
    )
DATABASES = {"default": _database}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Of its own size: at Django's 300 entries, a few hundred visitors would push out each other's counts.
_entries = {"OPTIONS": {"MAX_ENTRIES": 10_000}}
CACHES = {
    # Codes of second factors are counted across web processes, as failed logins are.
    "default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "logins_cache", **_entries},
    # What a web process has in hand of the rates, which are counted in Postgres.
    "throttles": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", **_entries},
}
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
AXES_HANDLER = "webapp.logins.limits.LoginLimits"
AXES_CLIENT_IP_CALLABLE = "webapp.http.visitors.address"
# Of one name at one address; webapp/logins/limits.py has the others.
AXES_FAILURE_LIMIT = 10
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_LOCKOUT_CALLABLE = "webapp.logins.limits.refuse"
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False

# Second factors and the pages of an account are django-allauth's; webapp/logins/urls.py has those that are served.
REQUIRE_TWO_FACTOR = environment.read(
    "REQUIRE_TWO_FACTOR",
    bool,
    False,
    "Let researchers go on only with a second factor (an app's codes or a security key): whoever has none is led to "
    "the page on which they set one up. Unset, it is theirs to choose.",
)
ACCOUNT_ADAPTER = "webapp.logins.adapters.AccountAdapter"
ACCOUNT_SIGNUP_ENABLED = False
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_AUTHENTICATED_LOGIN_REDIRECTS = False
# A login ends by webapp/logins/sessions.py; the session is a player's too.
ACCOUNT_SESSION_REMEMBER = True
# By name alone, of those who have given the password; django-axes counts passwords.
ACCOUNT_RATE_LIMITS = {"login": None, "login_failed": "10/h/key"}
MFA_ADAPTER = "webapp.logins.adapters.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_TOTP_ISSUER = "Safelight"
# A code counts for half a minute more on either side: phones' clocks are not exact.
MFA_TOTP_TOLERANCE = 1
MFA_RECOVERY_CODES_SHOW_ONCE = True
# On plain http browsers offer keys on this machine alone.
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not _on_https

LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "desk"
LOGOUT_REDIRECT_URL = "home"

# docs/translations.md says how a language is added.
LANGUAGE_CODE = "en"
LANGUAGES = configuration.compiled_languages(
    BASE_DIR / "webapp" / "locale", [("en", "English"), ("de", "German")], source=LANGUAGE_CODE
)
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
LANGUAGE_COOKIE_SECURE = _on_https
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
TIME_ZONE = "UTC"
USE_TZ = True

FRONTEND_DIST = BASE_DIR / "frontend" / "dist"
STATIC_URL = "static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [FRONTEND_DIST] if FRONTEND_DIST.is_dir() else []
S3_BUCKET = environment.read(
    "S3_BUCKET",
    str,
    "",
    "The bucket of S3, or of a service that speaks its protocol, in which photos and all other files that machines of "
    "the site share lie; `bucket/folder` for a folder in it. Needs the extra `s3`.",
    unset="they lie in `DATA_DIR`",
)
S3_ENDPOINT = environment.read(
    "S3_ENDPOINT", str, "", "Where the service of `S3_BUCKET` is, such as `https://s3.example.org`.", unset="Amazon's"
)
S3_REGION = environment.read("S3_REGION", str, "", "The region of `S3_BUCKET`.", unset="what AWS's own settings say")
S3_ACCESS_KEY = environment.read(
    "S3_ACCESS_KEY",
    str,
    "",
    "The name of the key by which `S3_BUCKET` is used; with `S3_SECRET_KEY`.",
    unset="what AWS's own settings say, or the role of the machine",
)
S3_SECRET_KEY = environment.read("S3_SECRET_KEY", str, "", "Its secret.", unset="as `S3_ACCESS_KEY`")
STORAGES = {
    "default": configuration.file_storage(S3_BUCKET, S3_ENDPOINT, S3_REGION, S3_ACCESS_KEY, S3_SECRET_KEY),
    "staticfiles": {"BACKEND": "webapp.http.static_files.HashedFiles"},
}
WHITENOISE_USE_FINDERS = True
# Pictures and fonts are compressed already; nobody but a debugger fetches the large source maps of the API's page.
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = ["gif", "ico", "jpg", "map", "png", "webp", "woff", "woff2"]

# Photos: a RAW file has some 20 to 120 MB. Anything else that is sent is small.
MAXIMUM_PHOTO_BYTES = 300 * 2**20
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 2**20
# What reading an uploaded photo may take: it is done in a process of its own.
DECODING_MEMORY = environment.read(
    "DECODING_MEMORY",
    int,
    2600,
    "Megabytes of memory that reading uploaded photos may take on this machine. Two photos are read side by side with "
    "half of it each; one that needs more is read alone; one that needs more than all of it is refused. A camera RAW "
    "of 45 megapixels takes about 800, one of 100 about 1,700.",
    least=100,
)
DECODING_SECONDS = environment.read(
    "DECODING_SECONDS",
    float,
    180.0,
    "How long reading an uploaded photo may take before it is refused.",
    least=1,
)
DECODING_WAIT = 30.0  # seconds until an upload that finds no room to be read is told to come again
DECODING_RETRY = 10  # seconds after which it is to come
FILE_UPLOAD_TEMP_DIR = DATA_DIR / "uploads"
FILE_UPLOAD_HANDLERS = [
    "webapp.http.visitors.LimitedUpload",
    "webapp.http.visitors.SavedUpload",
]

KEEP_ORIGINALS = environment.read(
    "KEEP_ORIGINALS",
    bool,
    True,
    "Keep photos' own files, 20 to 120 MB for each RAW file, so that finished pictures can be downloaded at full size.",
)
DOWNLOAD_DAYS = environment.read(
    "DOWNLOAD_DAYS",
    float,
    7.0,
    "For how many days a picture at full size is kept for its player, who can ask for it again afterwards.",
    least=0,
)

DOWNLOADS_PER_DAY = environment.read(
    "DOWNLOADS_PER_DAY",
    int,
    100,
    "How many pictures at full size a participant may ask for within a day.",
    least=0,
)
DOWNLOADS_AT_ONCE = 10  # of a participant, that wait or are developed

# Recruitment: docs/prolific.md.
PROLIFIC_URL = environment.read(
    "PROLIFIC_URL", str, "https://api.prolific.com", "Where Prolific's API is; another address is for tests."
)
PROLIFIC_TOKEN = environment.read(
    "PROLIFIC_TOKEN",
    str,
    "",
    "The token by which the site, its worker and its commands may ask Prolific; keep it secret.",
    unset="Prolific is not asked",
)
PROLIFIC_SECRETS = environment.read(
    "PROLIFIC_SECRETS",
    list,
    [],
    "Under which Prolific signs what it tells, one for each workspace; `manage.py prolific subscribe` says which.",
    unset="Prolific can tell nothing",
)

EMAIL_URL = environment.read(
    "EMAIL_URL",
    str,
    "",
    "The mail server by which researchers are invited: `smtp://user:password@host:587` (with STARTTLS), "
    "`smtps://user:password@host:465`, or `smtp://localhost`, without either. In the password, `@`, `/` and the like "
    "are percent-encoded.",
    unset="nothing is mailed: whoever invites passes the link on; on this machine alone it is printed too",
)
DEFAULT_FROM_EMAIL = (
    environment.read(
        "EMAIL_FROM", str, "", "Whom mail of the site is from.", unset="`safelight@` the host of `SITE_URL`"
    )
    or f"safelight@{_site.hostname or 'localhost'}"
)
(
    EMAIL_HOST,
    EMAIL_PORT,
    EMAIL_HOST_USER,
    EMAIL_HOST_PASSWORD,
    EMAIL_USE_TLS,
    EMAIL_USE_SSL,
) = configuration.mail_server(EMAIL_URL)
EMAIL_BACKEND = f"django.core.mail.backends.{'smtp' if EMAIL_HOST else 'console'}.EmailBackend"
EMAIL_TIMEOUT = 10

BACKUP_DIR = environment.read(
    "BACKUP_DIR",
    Path,
    DATA_DIR / "backups",
    "The folder of backups: on another disk than `DATA_DIR`, if it is to help when that one breaks.",
    unset="`backups` in `DATA_DIR`",
).absolute()
BACKUP_DAYS = environment.read(
    "BACKUP_DAYS",
    int,
    30,
    "For how many days a backup is kept, and with it the data of who has withdrawn since; the newest always is.",
    least=1,
)
BACKUP_RECIPIENT = environment.read(
    "BACKUP_RECIPIENT",
    str,
    "",
    "The public key (`age1...`, by `age-keygen`) for which backups are encrypted; its private key belongs elsewhere.",
    unset="backups are not encrypted",
)
BACKUP_IDENTITY = environment.read(
    "BACKUP_IDENTITY",
    str,
    "",
    "The file of the private key, where the server itself is to read its encrypted backups: for the drill.",
    unset="`--identity` names it",
)

# What a job leaves to know stands in the rows of the app that it is of. One that fails stays for a day, to be counted.
# A worker that is stopped ends what it does soon, or puts it back.
PROCRASTINATE_WORKER_DEFAULTS = {"name": "worker", "delete_jobs": "successful", "shutdown_graceful_timeout": 5}

configuration.check_backups(BACKUP_RECIPIENT, BACKUP_IDENTITY)
configuration.make_folders(STATIC_ROOT, FILE_UPLOAD_TEMP_DIR)

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:", "blob:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "manifest-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    },
}

REST_FRAMEWORK = {
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["webapp.http.visitors.BoundedJSONParser"],
    "DEFAULT_AUTHENTICATION_CLASSES": ["webapp.http.visitors.SessionWithCsrf"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.AllowAny"],
    "DEFAULT_THROTTLE_CLASSES": ["webapp.http.pace.SessionThrottle"],
    # For each participant and each researcher (join: for each address, a room full of people may share one).
    "DEFAULT_THROTTLE_RATES": {
        "join": "1200/hour",
        "play": "1800/min",
        "preview": "600/min",
        "download": "240/min",
        "profile": "60/min",
        "schema": "60/min",
        "upload": "120/min",
        "export": "60/hour",
        "archive": "120/min",
    },
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "webapp.http.errors.answer",
    # Of X-Forwarded-For the last entry is our proxy's own; any before it are the visitor's claims.
    "NUM_PROXIES": NUMBER_OF_PROXIES,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Safelight",
    "DESCRIPTION": "The retouching game: join a study, fetch a photo, send the events of play.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "PlayerKindEnum": "editing.trajectories.schemas.PLAYER_KINDS",
        "ConversionStateEnum": "webapp.datasets.models.PreparedExport.State",
    },
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "webapp.http.openapi.describe_unavailable",
    ],
}

METRICS_TOKEN = environment.read(
    "METRICS_TOKEN",
    str,
    "",
    "What Prometheus sends as a bearer token to read `/metrics`: 32 random characters or more. Unset, nothing is "
    "counted, and there is no such page.",
    unset="no metrics",
)
if METRICS_TOKEN and len(METRICS_TOKEN) < 32:
    raise ImproperlyConfigured(f"METRICS_TOKEN has {len(METRICS_TOKEN)} characters: it needs 32, drawn at random")
SENTRY_DSN = environment.read(
    "SENTRY_DSN",
    str,
    "",
    "Where errors are reported, of any service that understands Sentry's protocol; without addresses, cookies, headers "
    "and bodies of requests.",
    unset="errors stand in the log alone",
)
if SENTRY_DSN:
    report_errors(SENTRY_DSN, version("safelight"))
LOG_FORMAT = environment.read("LOG_FORMAT", str, "line", "How entries of the log are written: `line` or `json`.")
if LOG_FORMAT not in ("line", "json"):
    raise ImproperlyConfigured(f"LOG_FORMAT must be line or json, not {LOG_FORMAT!r}")
ENVIRONMENT_VARIABLES = [variable.name for variable in environment.variables]
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"format": "{asctime} {levelname} {name} {request_id}: {message}", "style": "{"},
        "json": {"()": "webapp.http.logs.json_formatter"},
    },
    "filters": {
        "request_id": {"()": "webapp.http.logs.RequestId"},
        "database_unavailable": {"()": "webapp.http.database_unavailable.OneLine"},
        "disk_full": {"()": "webapp.http.disk_full.OneLine"},
    },
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": LOG_FORMAT,
            "filters": ["request_id", "database_unavailable", "disk_full"],
        },
    },
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        "webapp": {"level": "INFO"},
        # Of each try to find a Postgres that is away: the requests that fail say it.
        "psycopg.pool": {"level": "ERROR"},
        # Of each request, with its address, which may name somebody's submission.
        "httpx": {"level": "WARNING"},
        "httpcore": {"level": "WARNING"},
        # Whoever asks for a site by another name, with a traceback for each.
        "django.security.DisallowedHost": {"level": "CRITICAL"},
        # A 404 is the visitor's business; errors of the server are logged with their traceback.
        "django.request": {"handlers": ["console"], "level": "ERROR", "propagate": False},
        "django.server": {"handlers": ["console"], "level": "INFO", "propagate": False},
    },
}
