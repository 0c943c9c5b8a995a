"""Certificates of custom domains: ordered by ACME, written where nginx reads them, renewed; others may ask which hosts to serve."""
