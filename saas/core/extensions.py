"""Flask extensions as unbound objects; ``saas.app`` binds them."""

from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_login import LoginManager
from flask_migrate import Migrate

login_manager = LoginManager()
migrate = Migrate()
limiter = Limiter(get_remote_address, headers_enabled=True, swallow_errors=False)
