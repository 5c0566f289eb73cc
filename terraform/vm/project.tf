locals {
  labels = { app = var.name }
  region = join("-", slice(split("-", var.zone), 0, 2))
}

# Services, network, images and the machine's account: what terraform/gke stands on too.
module "ground" {
  source = "../modules/ground"

  project   = var.project
  name      = var.name
  region    = local.region
  operators = var.operators
  image_tag = var.image_tag

  services   = ["logging"]
  subnetwork = { name = var.name, addresses = "10.30.0.0/24" }

  machines = {
    id    = var.name
    label = "Machine of ${var.name}"
    roles = ["roles/logging.logWriter", "roles/monitoring.metricWriter"]
  }
}
