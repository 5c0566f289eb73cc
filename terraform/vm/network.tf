# The one way in: SSH from Google's tunnel, which asks who one is. All else is refused, as nothing allows it.
resource "google_compute_firewall" "tunnel" {
  name      = "${var.name}-tunnel"
  network   = module.ground.network
  direction = "INGRESS"
  # Of Identity-Aware Proxy's TCP forwarding.
  source_ranges           = ["35.235.240.0/20"]
  target_service_accounts = [module.ground.machines.email]

  allow {
    protocol = "tcp"
    ports    = ["22"]
  }
  log_config {
    metadata = "INCLUDE_ALL_METADATA"
  }
}
