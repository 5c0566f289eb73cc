locals {
  # Of a node that runs fill: 16 CPUs and 64 GiB, less what the node keeps, are three runs of 4 CPUs and 16 GiB; an
  # A100 is one run of 40 GiB; 16 CPUs and 128 GiB, less what the node keeps, are one run of 64 GiB.
  classes = {
    cpu = {
      runs          = var.runs.cpu
      runs_per_node = 3
      machine_type  = "n2d-standard-16"
      zones         = var.zones
      accelerator   = null
      labels        = { "feature-platform/pool" = "cpu" }
      taints        = {}
    }
    cpu-highmem = {
      runs          = var.runs.cpu_highmem
      runs_per_node = 1
      machine_type  = "n2d-highmem-16"
      zones         = var.zones
      accelerator   = null
      labels        = { "feature-platform/pool" = "cpu-highmem" }
      taints        = {}
    }
    gpu = {
      runs          = var.runs.gpu
      runs_per_node = 1
      machine_type  = "a2-highgpu-1g"
      zones         = var.gpu_zones
      accelerator   = "nvidia-tesla-a100"
      # GKE adds cloud.google.com/gke-accelerator, by which GPU runs choose their nodes.
      labels = { "feature-platform/pool" = "gpu" }
      # Pods without a GPU would keep the dearest nodes alive.
      taints = { "nvidia.com/gpu" = "present" }
    }
  }

  # GKE labels spot nodes cloud.google.com/gke-spot and taints none: with the taint only runs come to them, which are
  # retried. When there are no spot nodes to be had, pending pods bring up the fallback of the same labels.
  spot_pools = {
    for name, class in local.classes : "${name}-spot" => merge(class, {
      spot   = true
      nodes  = ceil(class.runs / class.runs_per_node)
      taints = merge(class.taints, { "cloud.google.com/gke-spot" = "true" })
    }) if var.spot
  }
  on_demand_pools = {
    for name, class in local.classes : name => merge(class, {
      spot  = false
      nodes = ceil(class.runs * (var.spot ? var.on_demand_share : 1) / class.runs_per_node)
    }) if !var.spot || var.on_demand_share > 0
  }
  pools = merge(local.spot_pools, local.on_demand_pools)
}

resource "google_container_node_pool" "system" {
  name               = "system"
  cluster            = google_container_cluster.platform.id
  node_locations     = var.zones
  initial_node_count = 1

  # Webserver, daemon, code location, pgbouncer, exporter and what GKE itself runs.
  autoscaling {
    total_min_node_count = 1
    total_max_node_count = 3
    location_policy      = "BALANCED"
  }
  management {
    auto_repair  = true
    auto_upgrade = true
  }

  node_config {
    machine_type    = "e2-standard-4"
    disk_size_gb    = 100
    disk_type       = "pd-balanced"
    service_account = module.ground.machines.email
    oauth_scopes    = ["https://www.googleapis.com/auth/cloud-platform"]
    labels          = { "feature-platform/pool" = "system" }
    metadata        = { disable-legacy-endpoints = "true" }

    gcfs_config {
      enabled = true
    }
    shielded_instance_config {
      enable_secure_boot          = true
      enable_integrity_monitoring = true
    }
    workload_metadata_config {
      mode = "GKE_METADATA"
    }
  }

  lifecycle {
    # Of the moment when it was made; another would make it anew.
    ignore_changes = [initial_node_count]
  }
}

resource "google_container_node_pool" "runs" {
  for_each = local.pools

  name               = each.key
  cluster            = google_container_cluster.platform.id
  node_locations     = each.value.zones
  initial_node_count = 0

  # Of all zones together, in whichever zone has machines.
  autoscaling {
    total_min_node_count = 0
    total_max_node_count = each.value.nodes
    location_policy      = "ANY"
  }
  management {
    auto_repair  = true
    auto_upgrade = true
  }

  node_config {
    machine_type    = each.value.machine_type
    spot            = each.value.spot
    disk_size_gb    = 200
    disk_type       = "pd-balanced"
    service_account = module.ground.machines.email
    oauth_scopes    = ["https://www.googleapis.com/auth/cloud-platform"]
    labels          = each.value.labels
    metadata        = { disable-legacy-endpoints = "true" }

    dynamic "guest_accelerator" {
      for_each = each.value.accelerator[*]
      content {
        type  = guest_accelerator.value
        count = 1
        # The images' CUDA 13 wants driver 580 or newer.
        gpu_driver_installation_config {
          gpu_driver_version = "LATEST"
        }
      }
    }

    dynamic "taint" {
      for_each = each.value.taints
      content {
        key    = taint.key
        value  = taint.value
        effect = "NO_SCHEDULE"
      }
    }

    # Images are read as they are needed: the GPU's is gigabytes.
    gcfs_config {
      enabled = true
    }
    gvnic {
      enabled = true
    }
    shielded_instance_config {
      # GKE's own GPU drivers are signed; those that one installs by oneself are not.
      enable_secure_boot          = true
      enable_integrity_monitoring = true
    }
    workload_metadata_config {
      mode = "GKE_METADATA"
    }
  }

  lifecycle {
    # Of the moment when it was made; another would make it anew.
    ignore_changes = [initial_node_count]
  }
}
