locals {
  repository = "${var.region}-docker.pkg.dev/${var.project}/${google_artifact_registry_repository.images.repository_id}/feature-platform"
}

output "network" {
  description = "Id of the network."
  value       = google_compute_network.platform.id
}

output "subnetwork" {
  description = "Id of the machines' part of it."
  value       = google_compute_subnetwork.machines.id
}

output "machines" {
  description = "The machines' account: name, email and member."
  value = {
    name   = google_service_account.machines.name
    email  = google_service_account.machines.email
    member = google_service_account.machines.member
  }
}

output "repository" {
  description = "Where the images are, without a tag."
  value       = local.repository
}

output "images" {
  description = "The images by what they are of, each with its tag."
  value       = { for image in ["cpu", "gpu", "pgbouncer", "monitoring"] : image => "${local.repository}:${var.image_tag}-${image}" }
}
