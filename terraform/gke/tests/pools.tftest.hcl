mock_provider "google" {
  mock_resource "google_container_cluster" {
    defaults = {
      id                       = "projects/greenhouse-features/locations/europe-west4-a/clusters/feature-platform"
      workload_identity_config = [{ workload_pool = "greenhouse-features.svc.id.goog" }]
    }
  }
}

variables {
  project = "greenhouse-features"
}

run "gpu_nodes_take_only_runs_that_want_them" {
  command = plan

  assert {
    condition = alltrue([
      for name in ["gpu-spot", "gpu"] : anytrue([
        for taint in google_container_node_pool.runs[name].node_config[0].taint :
        taint.key == "nvidia.com/gpu" && taint.value == "present" && taint.effect == "NO_SCHEDULE"
      ])
    ])
    error_message = "A GPU pool lacks the taint nvidia.com/gpu=present:NoSchedule."
  }

  assert {
    condition = alltrue([
      for name in ["gpu-spot", "gpu"] : [
        for accelerator in google_container_node_pool.runs[name].node_config[0].guest_accelerator :
        "${accelerator.count} ${accelerator.type} ${accelerator.gpu_driver_installation_config[0].gpu_driver_version}"
      ] == ["1 nvidia-tesla-a100 LATEST"]
    ])
    error_message = "A GPU node wants one A100 and the newest driver."
  }

  assert {
    condition = alltrue([
      for name in ["cpu-spot", "cpu", "cpu-highmem-spot", "cpu-highmem"] :
      length(google_container_node_pool.runs[name].node_config[0].guest_accelerator) == 0
    ])
    error_message = "A CPU pool has a GPU."
  }
}

run "spot_first_and_a_fallback_of_the_same_labels" {
  command = plan

  assert {
    condition = alltrue([
      for name, pool in google_container_node_pool.runs :
      pool.node_config[0].spot == endswith(name, "-spot") &&
      anytrue([for taint in pool.node_config[0].taint : taint.key == "cloud.google.com/gke-spot"]) == endswith(name, "-spot")
    ])
    error_message = "Spot pools, and no others, are of spot machines and carry the taint cloud.google.com/gke-spot."
  }

  assert {
    condition = alltrue([
      for class in ["cpu", "cpu-highmem", "gpu"] :
      google_container_node_pool.runs["${class}-spot"].node_config[0].labels == google_container_node_pool.runs[class].node_config[0].labels &&
      google_container_node_pool.runs[class].node_config[0].labels["feature-platform/pool"] == class
    ])
    error_message = "A fallback must carry the label by which its class's runs choose their nodes."
  }

  assert {
    condition     = alltrue([for pool in google_container_node_pool.runs : pool.autoscaling[0].total_min_node_count == 0])
    error_message = "Pools of runs must shrink to nothing."
  }

  # 16 runs of 3 a node, 4 of one a node, 2 of one a node; half of that on demand.
  assert {
    condition = { for name, pool in google_container_node_pool.runs : name => pool.autoscaling[0].total_max_node_count } == {
      cpu-spot         = 6
      cpu              = 3
      gpu-spot         = 4
      gpu              = 2
      cpu-highmem-spot = 2
      cpu-highmem      = 1
    }
    error_message = "Pools grow to what the runs' limits need."
  }

  assert {
    condition     = output.helm_values.dagster["dagsterDaemon.runCoordinator.config.customRunCoordinator.config.limits.cpu"] == "16"
    error_message = "The queue's limits come from the same variable as the pools' sizes."
  }
}

run "without_spot_the_fallback_is_everything" {
  command = plan

  variables {
    spot = false
    runs = { cpu = 7, gpu = 1 }
  }

  assert {
    condition = { for name, pool in google_container_node_pool.runs : name => pool.autoscaling[0].total_max_node_count } == {
      cpu         = 3
      gpu         = 1
      cpu-highmem = 2
    }
    error_message = "Without spot nodes there are three pools, each as large as its runs need."
  }
}

run "never_on_demand" {
  command = plan

  variables {
    on_demand_share = 0
  }

  assert {
    condition     = alltrue([for name in keys(google_container_node_pool.runs) : endswith(name, "-spot")])
    error_message = "on_demand_share = 0 makes no on-demand pool of runs."
  }
}
