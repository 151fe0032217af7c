-- Lists are also asked for one instance type, one node, and for what is stuck, which is rare and urgent.
-- The last index holds only what is stuck, so that the work of every other instance costs nothing here.
CREATE INDEX reservations_of_type ON reservations (instance_type, created_position);
CREATE INDEX instances_of_node ON instances (node, created_position);
CREATE INDEX instances_stuck ON instances (created_position) WHERE work = 'stuck';
