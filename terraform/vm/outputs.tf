output "images" {
  description = "Where to push the images before the machine starts, each with its tag."
  value       = { for image, address in module.ground.images : image => address if image != "monitoring" || var.monitoring }
}

output "ui" {
  description = "The command after which the UI is on http://127.0.0.1:3000 of the machine that one sits at; with monitoring, Grafana on 3001 and Prometheus on 9090."
  value = join(" ", concat(
    ["gcloud compute ssh ${google_compute_instance.machine.name} --project ${var.project} --zone ${var.zone} --tunnel-through-iap -- -N"],
    [for port in concat([3000], var.monitoring ? [3001, 9090] : []) : "-L ${port}:127.0.0.1:${port}"],
  ))
}

output "log" {
  description = "The command that follows the start-up script."
  value       = "gcloud compute ssh ${google_compute_instance.machine.name} --project ${var.project} --zone ${var.zone} --tunnel-through-iap -- sudo journalctl -fu google-startup-scripts"
}

output "password_secret" {
  description = "Name of the secret in Secret Manager; its content is nowhere in Terraform."
  value       = google_secret_manager_secret.database.secret_id
}
