locals {
  labels = { app = var.name }
}

# Services, network, images and the nodes' account: what terraform/vm stands on too.
module "ground" {
  source = "../modules/ground"

  project   = var.project
  name      = var.name
  region    = var.region
  operators = var.operators
  image_tag = var.image_tag

  services = [
    "billingbudgets",
    "binaryauthorization",
    "container",
    "containerfilesystem",
    "monitoring",
    "servicenetworking",
    "sqladmin",
  ]

  # 110 pods a node take 256 addresses of theirs: 256 nodes, more than the variable runs allows.
  subnetwork = {
    name      = "${var.name}-nodes"
    addresses = "10.20.0.0/20"
    secondary = { pods = "10.24.0.0/16", services = "10.28.0.0/20" }
  }

  machines = {
    id    = "${var.name}-nodes"
    label = "Nodes of ${var.name}"
    roles = ["roles/container.defaultNodeServiceAccount"]
  }
}

data "google_project" "this" {
  project_id = var.project
}
