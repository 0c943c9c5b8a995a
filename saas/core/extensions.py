"""Flask extensions as unbound objects; ``saas.app`` binds them."""

from flask_limiter import Limiter
from flask_login import LoginManager
from flask_migrate import Migrate

from saas.core.network import client_network

login_manager = LoginManager()
migrate = Migrate()
limiter = Limiter(client_network, swallow_errors=False)
