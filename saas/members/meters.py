"""What stands of people and teams, by meter."""

from saas.accounts.queries import count_users
from saas.members.queries.seats import PEOPLE
from saas.members.queries.teams import TEAM_METER, count_teams

standing = {PEOPLE: count_users, TEAM_METER: count_teams}
