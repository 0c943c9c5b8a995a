"""The public site: landing page, sign-up, finding one's organisation; and the checklist of getting started."""
