"""The customer portal: its sessions, and what its pages do."""
