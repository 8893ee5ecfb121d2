"""The command line: `kirkuk`. What each command does lives elsewhere and is loaded when it runs."""

import os
import sys

import click

from desk.cli_jobs import add_job_commands
from desk.cli_look import add_look_commands
from desk.cli_manage import add_manage_commands


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="kirkuk", prog_name="kirkuk")
@click.option(
    "--log-level",
    type=click.Choice(["DEBUG", "INFO", "WARNING", "ERROR"], case_sensitive=False),
    help="What is logged to standard error.  [default: as the settings say, else WARNING]",
)
def cli(log_level: str | None) -> None:
    """Watch a developing news crisis: feeds in, coded events out, an alert once per development.

    \b
    First steps:
      kirkuk demo                       play the Kirkuk crisis of 2017 in a minute and score the result
      kirkuk watch                      do the same on the live feeds of config/feeds.toml
      kirkuk search 'places:k1-base'    look for articles, events, developments, alerts
      kirkuk why ALERT                  see rule, quotes and sources behind an alert
      kirkuk doctor                     check settings, schema, log and index

    Every command that touches the log or the index takes --config FILE and --data DIR. Settings can be given in
    the environment too: KIRKUK_MATCH_BATCH_SIZE=200 is batch_size under [match].
    Exit status: 0 done, 1 failed, 2 usage.
    """
    from desk.logs import log_to_stderr

    log_to_stderr((log_level or "WARNING").upper())


add_job_commands(cli)
add_look_commands(cli)
add_manage_commands(cli)


def main() -> None:
    """Run the command line; expected failures end as one message and status 1."""
    from schemas.errors import KirkukError

    try:
        status = cli.main(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        click.echo("stopped", err=True)
        sys.exit(1)
    except KirkukError as error:
        click.echo(f"kirkuk: {error}", err=True)
        sys.exit(1)
    except BrokenPipeError:
        # The reader of our output went away (kirkuk … | head): nothing is wrong. Nothing more may be flushed to it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    sys.exit(status if isinstance(status, int) else 0)


if __name__ == "__main__":
    main()
