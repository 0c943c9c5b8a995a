"""What stands of people and teams, by meter."""

from saas.members.queries.seats import PEOPLE, count_seated
from saas.members.queries.teams import TEAM_METER, count_teams

standing = {PEOPLE: count_seated, TEAM_METER: count_teams}
