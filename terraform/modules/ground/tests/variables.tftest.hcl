mock_provider "google" {}

variables {
  project    = "greenhouse-features"
  name       = "features"
  region     = "europe-west4"
  services   = ["logging"]
  subnetwork = { name = "features", addresses = "10.30.0.0/24" }
  machines   = { id = "features", label = "Machine", roles = ["roles/logging.logWriter"] }
  operators  = ["group:data@example.com"]
  image_tag  = "0.1.0"
}

run "images_and_who_pushes_them" {
  command = apply

  assert {
    condition     = output.images["cpu"] == "${output.repository}:0.1.0-cpu" && startswith(output.repository, "europe-west4-docker.pkg.dev/greenhouse-features/")
    error_message = "Images are in the project's registry, with their tags."
  }

  assert {
    condition = (
      google_artifact_registry_repository_iam_member.machines.role == "roles/artifactregistry.reader" &&
      [for operator in google_artifact_registry_repository_iam_member.operators : operator.role] == ["roles/artifactregistry.writer"]
    )
    error_message = "Machines read images, operators write them."
  }
}

run "bad_values" {
  command = plan

  variables {
    project   = "Greenhouse Features"
    operators = ["allUsers"]
    image_tag = "latest"
  }

  expect_failures = [var.project, var.operators, var.image_tag]
}
