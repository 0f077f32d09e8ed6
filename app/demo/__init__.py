"""The whole day on one machine: invented people, real parts, a catching SMTP server."""
