import pytest
import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

from feature_platform_tests.postgres_server import PostgresServer

pytestmark = pytest.mark.postgres


def test_each_test_gets_an_empty_database_of_its_own(postgres_url: str) -> None:
    engine = sa.create_engine(postgres_url)
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE mine (a int)"))
    assert sa.inspect(engine).get_table_names() == ["mine"]
    engine.dispose()


def test_a_second_test_does_not_see_the_first_ones_table(postgres_url: str) -> None:
    engine = sa.create_engine(postgres_url)
    assert sa.inspect(engine).get_table_names() == []
    engine.dispose()


def test_the_server_asks_for_its_password(postgres_server: PostgresServer) -> None:
    wrong = sa.make_url(postgres_server.url()).set(password="wrong")  # noqa: S106 - wrong on purpose
    engine = sa.create_engine(wrong)
    with pytest.raises(OperationalError, match="password authentication failed"):
        engine.connect()
    engine.dispose()
