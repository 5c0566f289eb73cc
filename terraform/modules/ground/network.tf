# Left on when this is destroyed: something else in the project may need them.
resource "google_project_service" "needed" {
  for_each = setunion(var.services, ["artifactregistry", "compute", "iap", "secretmanager"])

  service            = "${each.key}.googleapis.com"
  disable_on_destroy = false
}

resource "google_compute_network" "platform" {
  #checkov:skip=CKV2_GCP_18:the deployment says what is let in; nothing else is, as nothing allows it
  name                    = var.name
  auto_create_subnetworks = false

  depends_on = [google_project_service.needed]
}

resource "google_compute_subnetwork" "machines" {
  name                     = var.subnetwork.name
  network                  = google_compute_network.platform.id
  region                   = var.region
  ip_cidr_range            = var.subnetwork.addresses
  private_ip_google_access = true

  dynamic "secondary_ip_range" {
    for_each = var.subnetwork.secondary

    content {
      range_name    = secondary_ip_range.key
      ip_cidr_range = secondary_ip_range.value
    }
  }

  log_config {
    aggregation_interval = "INTERVAL_10_MIN"
    flow_sampling        = 0.1
    metadata             = "INCLUDE_ALL_METADATA"
  }
}

# Machines have no address of their own; packages and third-party images are fetched through this.
resource "google_compute_router" "nat" {
  name    = "${var.name}-nat"
  network = google_compute_network.platform.id
  region  = var.region
}

resource "google_compute_router_nat" "nat" {
  name                               = var.name
  router                             = google_compute_router.nat.name
  region                             = var.region
  nat_ip_allocate_option             = "AUTO_ONLY"
  source_subnetwork_ip_ranges_to_nat = "LIST_OF_SUBNETWORKS"

  subnetwork {
    name                    = google_compute_subnetwork.machines.id
    source_ip_ranges_to_nat = ["ALL_IP_RANGES"]
  }

  log_config {
    enable = true
    filter = "ERRORS_ONLY"
  }
}
