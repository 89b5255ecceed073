"""`api.cli.index_job` with models that cost nothing: what a service under test starts instead."""

from tests.helpers.stand_in_models import install


def main() -> None:
    install()
    from api.cli.index_job import main as job

    job()


if __name__ == "__main__":
    main()
