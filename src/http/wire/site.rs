//! Representations of what the site has: nodes, instance types, templates.

use openpex_aggregates::node::{Node, NodeStatus};
use openpex_aggregates::policy::InstanceType;
use openpex_aggregates::{NodeName, Resources, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

use super::words::NodeWord;
use crate::http::ports::NodeLoad;

/// Amounts of the three dimensions; memory is in MiB, disk in GiB, as in the paper's Table 1.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Resources)]
#[serde(rename_all = "camelCase")]
pub struct ResourcesOut {
    vcpus: u64,
    memory_mb: u64,
    disk_gb: u64,
}

impl From<Resources> for ResourcesOut {
    fn from(resources: Resources) -> Self {
        let Resources {
            vcpus,
            memory_mib,
            disk_gib,
        } = resources;
        Self {
            vcpus,
            memory_mb: memory_mib,
            disk_gb: disk_gib,
        }
    }
}

/// A node as clients see it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Node)]
pub struct NodeOut {
    #[schema(value_type = String)]
    name: NodeName,
    #[schema(value_type = NodeWord)]
    status: NodeStatus,
    capacity: ResourcesOut,
    pool: String,
    /// Its instances that are not gone.
    instances: u64,
    /// Since when it has what it has and is as it is.
    #[schema(required, format = DateTime)]
    since: Option<String>,
}

impl NodeOut {
    /// A node and what it has to do.
    pub fn of(node: Node, load: NodeLoad) -> Self {
        let Node {
            name,
            pool,
            capacity,
            status,
        } = node;
        Self {
            name,
            status,
            capacity: capacity.into(),
            pool,
            instances: load.instances,
            since: load.since.map(Timestamp::to_rfc3339),
        }
    }
}

/// An instance type as clients see it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = InstanceType)]
pub struct TypeOut {
    name: String,
    #[serde(flatten)]
    size: ResourcesOut,
}

impl From<InstanceType> for TypeOut {
    fn from(instance_type: InstanceType) -> Self {
        let InstanceType { name, size } = instance_type;
        Self {
            name,
            size: size.into(),
        }
    }
}

/// A template as clients see it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Template)]
pub struct TemplateOut {
    name: String,
}

impl From<String> for TemplateOut {
    fn from(name: String) -> Self {
        Self { name }
    }
}
