"""Where the clock finds its server. Never commit real keys; these are the examples of the manuals."""

AWS_ACCESS_KEY_ID = "AKIAIOSFODNN7EXAMPLE"
AWS_SECRET_ACCESS_KEY = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
UPLOAD_BUCKET = "tideclock-readings"
ADMIN_EMAIL = "keeper@tideclock.example"
GATEWAY = "192.0.2.10"


def upload_url(port, day):
    return f"https://{UPLOAD_BUCKET}.s3.example/{port}/{day:%Y-%m-%d}.csv"
