locals {
  labels = { app = var.name }
  region = join("-", slice(split("-", var.zone), 0, 2))
}

# Left on when this is destroyed: something else in the project may need them.
resource "google_project_service" "needed" {
  for_each = toset([
    "artifactregistry.googleapis.com",
    "compute.googleapis.com",
    "iap.googleapis.com",
    "logging.googleapis.com",
    "secretmanager.googleapis.com",
  ])

  service            = each.key
  disable_on_destroy = false
}
