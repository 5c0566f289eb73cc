output "images" {
  description = "Where to push the three images before the machine starts, each with its tag."
  value       = { for image in ["cpu", "gpu", "pgbouncer"] : image => "${local.repository}:${var.image_tag}-${image}" }
}

output "ui" {
  description = "The command after which the UI is on http://127.0.0.1:3000 of the machine that one sits at."
  value       = "gcloud compute ssh ${google_compute_instance.machine.name} --project ${var.project} --zone ${var.zone} --tunnel-through-iap -- -N -L 3000:127.0.0.1:3000"
}

output "log" {
  description = "The command that follows the start-up script."
  value       = "gcloud compute ssh ${google_compute_instance.machine.name} --project ${var.project} --zone ${var.zone} --tunnel-through-iap -- sudo journalctl -fu google-startup-scripts"
}

output "password_secret" {
  description = "Name of the secret in Secret Manager; its content is nowhere in Terraform."
  value       = google_secret_manager_secret.database.secret_id
}
