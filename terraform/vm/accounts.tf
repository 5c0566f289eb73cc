# What the machine's account may read: the deployment's files and one password.
resource "google_storage_bucket_iam_member" "machine" {
  bucket = google_storage_bucket.deployment.name
  role   = "roles/storage.objectViewer"
  member = module.ground.machines.member
}

resource "google_secret_manager_secret_iam_member" "machine" {
  secret_id = google_secret_manager_secret.database.id
  role      = "roles/secretmanager.secretAccessor"
  member    = module.ground.machines.member
}

# Through the tunnel to this machine, and root on it; by OS Login no key lies in metadata.
resource "google_iap_tunnel_instance_iam_member" "operators" {
  for_each = var.operators

  instance = google_compute_instance.machine.name
  zone     = var.zone
  role     = "roles/iap.tunnelResourceAccessor"
  member   = each.key
}

resource "google_compute_instance_iam_member" "operators" {
  for_each = var.operators

  instance_name = google_compute_instance.machine.name
  zone          = var.zone
  role          = "roles/compute.osAdminLogin"
  member        = each.key
}

# gcloud compute ssh looks project and machine up.
resource "google_project_iam_member" "operators" {
  for_each = var.operators

  project = var.project
  role    = "roles/compute.viewer"
  member  = each.key
}

# OS Login asks for it where a machine has an account.
resource "google_service_account_iam_member" "operators" {
  for_each = var.operators

  service_account_id = module.ground.machines.name
  role               = "roles/iam.serviceAccountUser"
  member             = each.key
}
