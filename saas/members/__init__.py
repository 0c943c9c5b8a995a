"""People of an organisation: roles, rights, teams, invitations."""
