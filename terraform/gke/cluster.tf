resource "google_container_cluster" "platform" {
  #checkov:skip=CKV_GCP_12:Dataplane V2 below enforces NetworkPolicies; the add-on is for clusters without it
  #checkov:skip=CKV_GCP_65:groups in RBAC want an organisation's gke-security-groups; IAM's roles serve one namespace
  name           = var.name
  location       = var.regional ? var.region : var.zones[0]
  node_locations = var.regional ? var.zones : setsubtract(var.zones, [var.zones[0]])

  # Pools are resources of their own: this one is removed at once.
  remove_default_node_pool = true
  initial_node_count       = 1

  network    = module.ground.network
  subnetwork = module.ground.subnetwork
  ip_allocation_policy {
    cluster_secondary_range_name  = "pods"
    services_secondary_range_name = "services"
  }

  private_cluster_config {
    enable_private_nodes    = true
    enable_private_endpoint = true
    master_ipv4_cidr_block  = "172.16.0.0/28"
  }
  # kubectl from outside comes by name, let in by IAM and not by address.
  control_plane_endpoints_config {
    dns_endpoint_config {
      allow_external_traffic = true
    }
  }
  master_authorized_networks_config {
    gcp_public_cidrs_access_enabled = false
    dynamic "cidr_blocks" {
      for_each = var.control_plane_networks
      content {
        display_name = cidr_blocks.key
        cidr_block   = cidr_blocks.value
      }
    }
  }
  master_auth {
    client_certificate_config {
      issue_client_certificate = false
    }
  }

  workload_identity_config {
    workload_pool = "${var.project}.svc.id.goog"
  }
  # Enforces NetworkPolicies, without an add-on on each node.
  datapath_provider           = "ADVANCED_DATAPATH"
  enable_intranode_visibility = true
  enable_shielded_nodes       = true
  enable_legacy_abac          = false

  binary_authorization {
    evaluation_mode = "PROJECT_SINGLETON_POLICY_ENFORCE"
  }
  security_posture_config {
    mode = "BASIC"
  }

  # Nodes that stand idle go sooner; nobody may make pools but the ones here.
  cluster_autoscaling {
    enabled             = false
    autoscaling_profile = "OPTIMIZE_UTILIZATION"
  }

  release_channel {
    channel = "REGULAR"
  }
  maintenance_policy {
    # 48 hours in 32 days are asked for.
    recurring_window {
      start_time = "2026-01-03T06:00:00Z"
      end_time   = "2026-01-03T12:00:00Z"
      recurrence = "FREQ=WEEKLY;BYDAY=SA,SU"
    }
  }

  logging_config {
    enable_components = ["SYSTEM_COMPONENTS", "WORKLOADS"]
  }
  monitoring_config {
    enable_components = ["SYSTEM_COMPONENTS", "DCGM", "POD", "CADVISOR", "KUBELET"]
    managed_prometheus {
      enabled = true
    }
  }
  cost_management_config {
    enabled = true
  }

  node_config {
    service_account = module.ground.machines.email
    shielded_instance_config {
      enable_secure_boot          = true
      enable_integrity_monitoring = true
    }
    workload_metadata_config {
      mode = "GKE_METADATA"
    }
  }

  resource_labels     = local.labels
  deletion_protection = var.deletion_protection

  lifecycle {
    # Of the pool that was removed.
    ignore_changes = [node_config, initial_node_count]
  }

  depends_on = [module.ground]
}
