resource "google_compute_network" "platform" {
  name                    = var.name
  auto_create_subnetworks = false

  depends_on = [google_project_service.needed]
}

resource "google_compute_subnetwork" "machine" {
  name                     = var.name
  network                  = google_compute_network.platform.id
  region                   = local.region
  ip_cidr_range            = "10.30.0.0/24"
  private_ip_google_access = true

  log_config {
    aggregation_interval = "INTERVAL_10_MIN"
    flow_sampling        = 0.1
    metadata             = "INCLUDE_ALL_METADATA"
  }
}

# The one way in: SSH from Google's tunnel, which asks who one is. All else is refused, as nothing allows it.
resource "google_compute_firewall" "tunnel" {
  name      = "${var.name}-tunnel"
  network   = google_compute_network.platform.id
  direction = "INGRESS"
  # Of Identity-Aware Proxy's TCP forwarding.
  source_ranges           = ["35.235.240.0/20"]
  target_service_accounts = [google_service_account.machine.email]

  allow {
    protocol = "tcp"
    ports    = ["22"]
  }
  log_config {
    metadata = "INCLUDE_ALL_METADATA"
  }
}

# The machine has no address of its own; packages and third-party images are fetched through this.
resource "google_compute_router" "nat" {
  name    = "${var.name}-nat"
  network = google_compute_network.platform.id
  region  = local.region
}

resource "google_compute_router_nat" "nat" {
  name                               = var.name
  router                             = google_compute_router.nat.name
  region                             = local.region
  nat_ip_allocate_option             = "AUTO_ONLY"
  source_subnetwork_ip_ranges_to_nat = "LIST_OF_SUBNETWORKS"

  subnetwork {
    name                    = google_compute_subnetwork.machine.id
    source_ip_ranges_to_nat = ["ALL_IP_RANGES"]
  }

  log_config {
    enable = true
    filter = "ERRORS_ONLY"
  }
}
