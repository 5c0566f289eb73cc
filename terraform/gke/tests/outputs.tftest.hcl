# Applied, to mocks: outputs that are known only then.
mock_provider "google" {
  mock_resource "google_sql_database_instance" {
    defaults = { private_ip_address = "10.60.0.3" }
  }
}

variables {
  project = "greenhouse-features"
}

run "what_the_charts_are_told" {
  assert {
    condition = (
      output.helm_values.extras["database.host"] == "10.60.0.3" &&
      output.helm_values.extras["storage"] == "gs://greenhouse-features-feature-platform" &&
      output.helm_values.extras["image.pgbouncerTag"] == "0.1.0-pgbouncer"
    )
    error_message = "The extras want the database's private address, the bucket and the images."
  }

  assert {
    condition     = output.images["gpu"] == output.helm_values.dagster["runLauncher.config.customRunLauncher.config.routes.gpu.config.job_image"]
    error_message = "GPU runs are of the image that is pushed for them."
  }

  # Write-only: what is kept holds no password.
  assert {
    condition = alltrue(concat(
      [for user in google_sql_user.users : user.password == null && user.password_wo == null],
      [for version in google_secret_manager_secret_version.database : version.secret_data == null && version.secret_data_wo == null],
    ))
    error_message = "A password stands in the state."
  }
}
