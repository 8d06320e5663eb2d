#!/usr/bin/env python
"""The site's commands; `manage.py help` lists them."""

from webapp.command_line import main

if __name__ == "__main__":
    main()
